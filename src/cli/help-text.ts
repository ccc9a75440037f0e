import type { CommandSpec } from './command.ts';

const EXIT_MEANINGS: Record<number, string> = {
  0: 'done',
  1: 'failed',
  2: 'usage',
  3: 'not found',
  4: 'refused (state, conflict, validation)',
  5: 'daemon unreachable',
  130: 'interrupted',
};

const ALWAYS = [0, 1, 2, 5];

/** The examples of a help text, explanations in one column. */
export function renderExamples(examples: CommandSpec['examples']): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, meaning]) => `  lodge ${line.padEnd(width)}  ${meaning}`);
  return `Examples:\n${lines.join('\n')}\n`;
}

/** `0 done, 1 failed, …`: the codes this command can end with. */
export function exitCodesOf(spec: Pick<CommandSpec, 'exitCodes' | 'exitNote' | 'root'>): string {
  // What works on an instance says that there is none.
  const root = spec.root === undefined ? [3] : [];
  const codes = [...new Set([...ALWAYS, ...root, ...(spec.exitCodes ?? [])])].sort((a, b) => a - b);
  const listed = codes.map((code) => `${code} ${EXIT_MEANINGS[code] ?? ''}`.trimEnd()).join(', ');
  return spec.exitNote === undefined ? listed : `${listed}; ${spec.exitNote}`;
}

export function renderExitCodes(spec: CommandSpec): string {
  return `Exit codes: ${exitCodesOf(spec)}.`;
}
