import { Argument, Command, Option } from 'commander';
import { type CommandSpec, type GroupSpec, type OptionSpec, optionsOf } from './command.ts';
import { renderExamples, renderExitCodes } from './help-text.ts';
import { type CommandInput, createInput } from './input.ts';

interface ProgramParts {
  version: string;
  groups: readonly GroupSpec[];
  /** The commands to build: one when the command line already says which, all for help. */
  specs: readonly CommandSpec[];
  writeOut(text: string): void;
  writeErr(text: string): void;
  /** Columns that help is wrapped at. */
  width: number;
  run(spec: CommandSpec, input: CommandInput): Promise<void>;
}

/** The table's rows as a commander program. It throws CommanderError where commander would end the process. */
export function buildProgram(parts: ProgramParts): Command {
  const program = new Command('lodge')
    .description('Takes KVM guests in on a rented server.')
    .usage('COMMAND [options]')
    .version(parts.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .enablePositionalOptions()
    .configureOutput({
      writeOut: parts.writeOut,
      writeErr: parts.writeErr,
      getOutHelpWidth: () => parts.width,
      getErrHelpWidth: () => parts.width,
    })
    .exitOverride();
  program.addHelpText('after', `\n${renderExamples([['create web1', 'a guest with all defaults, reachable by SSH']])}`);
  const groups = new Map<string, Command>();
  for (const spec of parts.specs) {
    const [first, second] = spec.path;
    if (second === undefined) {
      addCommand(program, first, spec, parts);
      continue;
    }
    const group = groups.get(first) ?? addGroup(program, first, parts.groups);
    groups.set(first, group);
    addCommand(group, second, spec, parts);
  }
  return program;
}

function addGroup(program: Command, name: string, groups: readonly GroupSpec[]): Command {
  const summary = groups.find((group) => group.name === name)?.summary ?? '';
  return program
    .command(name)
    .summary(summary)
    .description(sentence(summary))
    .usage('COMMAND [options]')
    .helpCommand(false);
}

function addCommand(parent: Command, name: string, spec: CommandSpec, parts: ProgramParts): void {
  const command = parent.command(name, { hidden: spec.hidden === true });
  command.summary(spec.summary).description([sentence(spec.summary), spec.description ?? ''].join(' ').trim());
  if (spec.passThrough === true) command.passThroughOptions();
  for (const argument of spec.arguments ?? []) {
    const shape = argument.variadic === true ? `${argument.name}...` : argument.name;
    command.addArgument(new Argument(argument.optional === true ? `[${shape}]` : `<${shape}>`, argument.summary));
  }
  const given = new Set<string>();
  for (const option of optionsOf(spec).map(commanderOption)) {
    command.addOption(option).on(`option:${option.name()}`, () => given.add(option.name()));
  }
  command.addHelpText('after', `\n${renderExamples(spec.examples)}\n${renderExitCodes(spec)}`);
  command.action(async () => parts.run(spec, createInput(command.args, command.opts(), given)));
}

/** `list the guests -> List the guests.` */
function sentence(summary: string): string {
  return `${summary[0]?.toUpperCase()}${summary.slice(1)}.`;
}

function commanderOption(option: OptionSpec): Option {
  const built = new Option(option.flags, option.summary);
  if (option.repeatable === true) {
    built.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  }
  return built;
}
