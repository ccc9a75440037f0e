import { type Document, isCollection, visit } from 'yaml';
import { yamlTokens } from '../../base/bounded-yaml.ts';

/** Where our YAML is wider than PyYAML, which reads user-data in the guest: the offset, and what it is. */
export function pythonFault(text: string, document: Document): { at: number; what: string } | null {
  const character = NOT_PRINTABLE.exec(text);
  if (character !== null) return { at: character.index, what: 'a control character' };
  const tab = tabBetween(text);
  if (tab !== null) return { at: tab, what: 'a tab stands where only spaces may' };
  return nodeFault(document);
}

/** PyYAML's Reader.NON_PRINTABLE. */
const NOT_PRINTABLE = /[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** The mark of the library's lexer before a scalar's own text; like its other marks it is no part of the source. */
const SCALAR = '\u001f';
const BLANKS = /^[ \t]+$/;
const MARKS: readonly string[] = [SCALAR, '\u0002', '\u0018'];

/** Between tokens PyYAML skips spaces alone: a tab at the end of a line, or behind a colon, spoils the whole. */
function tabBetween(text: string): number | null {
  let offset = 0;
  let isScalar = false;
  for (const token of yamlTokens(text)) {
    if (MARKS.includes(token)) {
      isScalar = token === SCALAR;
      continue;
    }
    if (!isScalar && BLANKS.test(token) && token.includes('\t')) return offset + token.indexOf('\t');
    offset += token.length;
    isScalar = false;
  }
  return null;
}

function nodeFault(document: Document): { at: number; what: string } | null {
  let fault: { at: number; what: string } | null = null;
  visit(document, {
    Pair(_, { key }) {
      if (!isCollection(key)) return undefined;
      fault = { at: key.range?.[0] ?? 0, what: 'a list or a mapping as a key' };
      return visit.BREAK;
    },
  });
  return fault;
}
