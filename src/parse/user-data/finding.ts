import type { LineCounter } from 'yaml';

/**
 * What is wrong with user-data, never with a word of it but a slip of a key: it has passwords in it. An error is what cloud-init would leave out, whole or
 * in part; a warning is what it does and is hardly meant.
 */
export interface UserDataFinding {
  severity: 'error' | 'warning';
  /** Fits after "must". */
  rule: string;
}

export function wrong(rule: string): UserDataFinding {
  return { severity: 'error', rule };
}

export function doubtful(rule: string): UserDataFinding {
  return { severity: 'warning', rule };
}

/** Where something in a text is: ` (line 3, column 5)`. Lines of a part are counted in the whole. */
export type Place = (offset: number) => string;

export function placesIn(lines: LineCounter, linesBefore: number): Place {
  return (offset) => {
    const { line, col } = lines.linePos(offset);
    return ` (line ${linesBefore + line}, column ${col})`;
  };
}
