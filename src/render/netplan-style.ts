import type { Document, ToStringOptions } from 'yaml';

/**
 * Writes a document as its author would have: with the indentation, the brackets and the markers of the text it was read from.
 * Comments and quotes are in the document itself.
 */
export function renderInStyle(document: Document, original: string): string {
  const indent = indentOf(original);
  const options: ToStringOptions = {
    indent,
    indentSeq: !areSequencesCompact(original, indent),
    flowCollectionPadding: /[[{] \S/.test(original),
    lineWidth: 0,
    directives: /^---/m.test(original),
  };
  return document.toString(options);
}

/** The first step to the right: 2 where there is none. */
function indentOf(text: string): number {
  let isBelowKey = false;
  for (const line of linesOf(text)) {
    const [, spaces] = /^( +)\S/.exec(line) ?? [];
    if (isBelowKey && spaces !== undefined) return spaces.length;
    isBelowKey = /^[^\s-]/.test(line) && line.includes(':');
  }
  return 2;
}

/**
 * Whether lists stand nearer to their key than other things do: `key:` and `- item` below it in the same column is a usual way. The
 * library can write them two columns nearer, no more.
 */
function areSequencesCompact(text: string, indent: number): boolean {
  let key: number | null = null;
  for (const line of linesOf(text)) {
    const item = /^( *)- /.exec(line)?.[1];
    if (key !== null && item !== undefined && item.length - key < indent) return true;
    key = /^( *)[^\s-].*: *(?:#.*)?$/s.exec(line)?.[1]?.length ?? null;
  }
  return false;
}

/** Without those that are empty or a comment. Line by line: one pattern for several would try each of their ways to be cut. */
function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => !/^\s*(#|$)/.test(line));
}
