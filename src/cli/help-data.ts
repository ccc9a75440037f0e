import { type CommandSpec, type GroupSpec, optionFlags, optionsOf, takesValue } from './command.ts';
import { exitCodesOf } from './help-text.ts';

/** What `--help --json` answers: the rows of the table as data, of one command, of a noun's commands, or of all. */
export function helpData(
  specs: readonly CommandSpec[],
  groups: readonly GroupSpec[],
  wanted: CommandSpec | undefined,
  noun: string | undefined,
): unknown {
  if (wanted !== undefined) return commandData(wanted);
  const shown = specs.filter(({ hidden, path }) => hidden !== true && (noun === undefined || path[0] === noun));
  return { groups: groups.filter(({ name }) => noun === undefined || name === noun), commands: shown.map(commandData) };
}

function commandData(spec: CommandSpec) {
  return {
    command: spec.path.join(' '),
    summary: spec.summary,
    description: spec.description ?? null,
    arguments: (spec.arguments ?? []).map(({ name, summary, optional, variadic }) => ({
      name,
      summary,
      optional: optional === true,
      repeatable: variadic === true,
    })),
    options: optionsOf(spec).map((option) => ({
      flags: optionFlags(option),
      summary: option.summary,
      takesValue: takesValue(option),
      repeatable: option.repeatable === true,
      values: Array.isArray(option.values) ? option.values : null,
    })),
    examples: spec.examples.map(([line, meaning]) => ({ line: `lodge ${line}`, meaning })),
    exitCodes: exitCodesOf(spec),
  };
}
