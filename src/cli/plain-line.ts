import type { CommandSpec } from './command.ts';
import { type CommandInput, createInput } from './input.ts';

/** The row whose words begin the command line, options aside; undefined sends the caller to the whole table. */
export function findSpec(specs: readonly CommandSpec[], argv: readonly string[]): CommandSpec | undefined {
  const [first, second] = argv;
  return specs.find(({ path }) => path[0] === first && (path.length === 1 || path[1] === second));
}

/**
 * What a line of plain words means to a command without options of its own, such as `ls` or `show web1 --json`; null for any
 * other line, which the parser reads. Loading the parser costs a fifth of the whole of `ls`.
 */
export function readPlainLine(spec: CommandSpec, argv: readonly string[]): CommandInput | null {
  if ((spec.options ?? []).length > 0) return null;
  const words = argv.slice(spec.path.length);
  const operands = spec.json === false ? words : words.filter((word) => word !== '--json');
  if (operands.some((word) => word === '' || word.startsWith('-'))) return null;
  const wanted = spec.arguments ?? [];
  const least = wanted.filter((argument) => argument.optional !== true).length;
  const most = wanted.some((argument) => argument.variadic === true) ? Number.POSITIVE_INFINITY : wanted.length;
  if (operands.length < least || operands.length > most) return null;
  return createInput(operands, words.length > operands.length ? { json: true } : {});
}
