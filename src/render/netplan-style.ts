import type { Document, ToStringOptions } from 'yaml';

/**
 * Writes a document as its author would have: with the indentation, the brackets and the markers of the text it was read from.
 * Comments and quotes are in the document itself.
 */
export function renderInStyle(document: Document, original: string): string {
  const options: ToStringOptions = {
    indent: indentOf(original),
    indentSeq: areSequencesIndented(original),
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

/** `key:` and `- item` right below it, in the same column, is the other way to write a list: the library comes within two columns of it. */
function areSequencesIndented(text: string): boolean {
  return !/^( *)(?:[^\s#-][^\n]*|- [^\n]*):[ ]*(?:#[^\n]*)?\n(?:\s*#[^\n]*\n)*\1- /m.test(text);
}
