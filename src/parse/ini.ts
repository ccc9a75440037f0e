import { trimEndOf } from '../base/trim-end.ts';
import type { IniDocument, IniLine } from '../model/ini-document.ts';

/** One section or entry of a file as a program reads it; `line` begins with 1. */
export interface IniSection {
  name: string;
  line: number;
  entries: IniEntry[];
}

export interface IniEntry {
  key: string;
  value: string;
  line: number;
}

/**
 * `systemd`: systemd.syntax(7); comments begin with `#` or `;`, a backslash at the end of a line goes on with the next one.
 * `keyfile`: NetworkManager's; only `#` is a comment, and a line is a line.
 */
export type IniDialect = 'systemd' | 'keyfile';

/** Reads any text; what is not of the dialect is `junk` with a reason. */
export function parseIni(path: string, text: string, dialect: IniDialect = 'systemd'): IniDocument {
  const lines: IniLine[] = [];
  const physical = splitLines(text);
  for (let at = 0; at < physical.length; ) {
    const { raw, logical, count } = takeLogicalLine(physical, at, dialect);
    lines.push(classify(raw, logical, at + 1, dialect));
    at += count;
  }
  return { path, lines };
}

/** The sections in the order of the file; those of one name are not put together. Entries before the first are left out. */
export function sectionsOf(document: IniDocument): IniSection[] {
  const sections: IniSection[] = [];
  for (const line of document.lines) {
    if (line.kind === 'section') sections.push({ name: line.name, line: line.line, entries: [] });
    if (line.kind === 'entry') sections.at(-1)?.entries.push({ key: line.key, value: line.value, line: line.line });
  }
  return sections;
}

/** Lines with their ends. systemd takes a carriage return for an end too. */
function splitLines(text: string): string[] {
  return text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];
}

/**
 * `A=1 \`, `# note`, ` 2` -> one line `A=1   2`: the backslash becomes a space, comments between are passed over.
 */
function takeLogicalLine(
  physical: readonly string[],
  at: number,
  dialect: IniDialect,
): { raw: string; logical: string; count: number } {
  let raw = physical[at] ?? '';
  // Only the last piece is looked at: to take the whole apart again for each line is time by the square of their number.
  let last = contentOf(raw, at);
  let count = 1;
  if (dialect === 'keyfile' || isComment(last, dialect)) return { raw, logical: last, count };
  const pieces: string[] = [];
  while (endsInBackslash(last) && at + count < physical.length) {
    const next = physical[at + count] ?? '';
    const content = contentOf(next, at + count);
    raw += next;
    count += 1;
    if (isComment(content, dialect)) continue;
    pieces.push(last.slice(0, -1));
    last = content;
  }
  pieces.push(endsInBackslash(last) ? last.slice(0, -1) : last);
  return { raw, logical: pieces.join(' '), count };
}

function contentOf(physical: string, index: number): string {
  const content = physical.replace(/(?:\r\n|\r|\n)$/, '');
  return index === 0 ? content.replace(/^\ufeff/, '') : content;
}

function endsInBackslash(text: string): boolean {
  return (text.length - trimEndOf(text, '\\').length) % 2 === 1;
}

function isComment(text: string, dialect: IniDialect): boolean {
  return (dialect === 'systemd' ? /^\s*[#;]/ : /^\s*#/).test(text);
}

function classify(raw: string, logical: string, line: number, dialect: IniDialect): IniLine {
  const text = logical.trim();
  if (text === '') return { kind: 'blank', raw, line };
  if (isComment(logical, dialect)) return { kind: 'comment', raw, line };
  if (text.startsWith('[')) {
    if (!text.endsWith(']')) return { kind: 'junk', raw, line, why: 'a section begins with [ and ends with ]' };
    return { kind: 'section', raw, line, name: text.slice(1, -1) };
  }
  const equals = text.indexOf('=');
  if (equals < 0) return { kind: 'junk', raw, line, why: 'there is no = in it' };
  if (equals === 0) return { kind: 'junk', raw, line, why: 'there is no key before the =' };
  return { kind: 'entry', raw, line, key: text.slice(0, equals).trim(), value: text.slice(equals + 1).trim() };
}
