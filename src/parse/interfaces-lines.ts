import { trimEndOf } from '../base/trim-end.ts';

/** One line as ifupdown reads it: continued lines are joined, white space around it is gone. */
export interface LogicalLine {
  /** The very text, with its line ends. */
  raw: string;
  text: string;
  /** Of its first physical line. */
  line: number;
  isComment: boolean;
}

/** What isspace(3) knows; a carriage return is one of them, so DOS line ends do no harm except after a backslash. */
const SPACES = ' \t\v\f\r\n';
const SPACE = `[${SPACES}]`;
const LEADING = new RegExp(`^${SPACE}+`);
const BETWEEN = new RegExp(`${SPACE}+`);

/**
 * Lines of interfaces(5), as ifupdown 0.8 joins them: a comment is a line of its own and never goes on, a `#` in a continued line is
 * text, and nothing is put between the joined parts.
 */
export function splitLogicalLines(text: string): LogicalLine[] {
  const physical = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const lines: LogicalLine[] = [];
  for (let at = 0; at < physical.length; at++) {
    const line = at + 1;
    let raw = physical[at] ?? '';
    const begin = raw.replace(/\n$/, '').replace(LEADING, '');
    const isComment = begin.startsWith('#');
    const pieces = [begin];
    for (let last = begin; !isComment && last.endsWith('\\'); ) {
      pieces[pieces.length - 1] = last.slice(0, -1);
      const next = physical[at + 1];
      if (next === undefined) break;
      at++;
      raw += next;
      last = next.replace(/\n$/, '');
      pieces.push(last);
    }
    lines.push({ raw, text: trimEndOf(pieces.join(''), SPACES), line, isComment });
  }
  return lines;
}

/** `address  192.0.2.2/24` -> [`address`, `192.0.2.2/24`]; the rest is empty where there is none. */
export function splitFirstWord(text: string): [string, string] {
  const word = text.split(BETWEEN, 1)[0] ?? '';
  return [word, text.slice(word.length).replace(LEADING, '')];
}

export function splitWords(text: string): string[] {
  return text.split(BETWEEN).filter(Boolean);
}
