/**
 * What is wrong with user-data, never with a word of it: it has passwords in it. An error is what cloud-init would leave out, whole or
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

/** Where something is: ` (line 3, column 5)`. Lines of a part are counted in the whole. */
export function place(text: string, offset: number, linesBefore: number): string {
  const before = text.slice(0, offset).split('\n');
  return ` (line ${linesBefore + before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}
