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
  const [, spaces = '  '] = /^(?![#\s-])[^\n]*:[^\n]*\n(?:\s*#[^\n]*\n|\s*\n)*( +)\S/m.exec(text) ?? [];
  return spaces.length;
}

/**
 * Whether lists stand nearer to their key than other things do: `key:` and `- item` below it in the same column is a usual way. The
 * library can write them two columns nearer, no more.
 */
function areSequencesCompact(text: string, indent: number): boolean {
  const items = text.matchAll(/^( *)[^\s#-][^\n]*:[ ]*(?:#[^\n]*)?\n(?:\s*#[^\n]*\n)*( *)- /gm);
  return [...items].some(([, key = '', item = '']) => item.length - key.length < indent);
}
