import type { Problem } from '../base/errors.ts';
import { type CommandSpec, type OptionSpec, optionName } from './command.ts';
import type { CommandInput } from './input.ts';

/**
 * A problem with a field of the API in the words that were typed: `memoryMiB: …, got 12` as `--memory: …, got "12MiB"`.
 * What no word of the command fills stays as it is.
 */
export function optionProblem(problem: Problem, spec: CommandSpec, input: CommandInput): Problem {
  const options = (spec.options ?? []).filter((each) => isOf(each.field ?? optionName(each), problem.path));
  // Of two that fill the same field, the one that was typed.
  const option = options.find((each) => input.flag(optionName(each))) ?? options[0];
  if (option === undefined) {
    const isOperand = spec.arguments?.some(({ name }) => name === problem.path) === true;
    return isOperand ? { ...problem, path: `<${problem.path}>` } : problem;
  }
  return {
    ...problem,
    path: `--${optionName(option)}`,
    value: typedText(option, problem.path, input) ?? problem.value,
  };
}

/** `publish[0].hostPort` is of `publish`, `boot.order` of `boot`. */
function isOf(field: string, path: string): boolean {
  return path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`);
}

/** Nothing where the option was not given: then the value is a default's. */
function typedText(option: OptionSpec, path: string, input: CommandInput): string | undefined {
  const name = optionName(option);
  if (option.repeatable !== true) return input.text(name);
  const index = /\[(\d+)\]/.exec(path)?.[1];
  return index === undefined ? undefined : input.texts(name)[Number(index)];
}
