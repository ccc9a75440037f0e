import { Argument, Command, Option } from 'commander';
import { type CommandSpec, type GroupSpec, JSON_OPTION, type OptionSpec, optionName } from './command.ts';
import { renderExamples, renderExitCodes } from './help-text.ts';
import { type CommandInput, createInput } from './input.ts';

interface ProgramParts {
  version: string;
  groups: readonly GroupSpec[];
  /** The commands to build: one when the command line already says which, all for help. */
  specs: readonly CommandSpec[];
  writeOut(text: string): void;
  writeErr(text: string): void;
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
    .configureOutput({ writeOut: parts.writeOut, writeErr: parts.writeErr })
    .exitOverride();
  program.addHelpText('after', `\n${renderExamples([['create web1', 'a guest with all defaults, reachable by SSH']])}`);
  const groups = new Map<string, Command>();
  for (const { name, summary } of parts.groups) {
    if (!parts.specs.some((spec) => spec.path.length === 2 && spec.path[0] === name)) continue;
    groups.set(name, program.command(name).description(summary).usage('COMMAND [options]').helpCommand(false));
  }
  for (const spec of parts.specs) {
    const [first, second] = spec.path;
    const parent = second === undefined ? program : (groups.get(first) ?? program);
    addCommand(parent, second ?? first, spec, parts);
  }
  return program;
}

function addCommand(parent: Command, name: string, spec: CommandSpec, parts: ProgramParts): void {
  const command = parent.command(name, { hidden: spec.hidden === true });
  command.summary(spec.summary).description(spec.description === undefined ? spec.summary : describe(spec));
  if (spec.path[0] === 'ssh') command.passThroughOptions();
  for (const argument of spec.arguments ?? []) {
    const shape = argument.variadic === true ? `${argument.name}...` : argument.name;
    command.addArgument(new Argument(argument.optional === true ? `[${shape}]` : `<${shape}>`, argument.summary));
  }
  for (const option of [...(spec.options ?? []), JSON_OPTION]) command.addOption(commanderOption(option));
  command.addHelpText('after', `\n${renderExamples(spec.examples)}\n${renderExitCodes(spec)}`);
  command.action(async () => parts.run(spec, createInput(command.args, command.opts())));
}

function describe(spec: CommandSpec): string {
  return `${spec.summary[0]?.toUpperCase()}${spec.summary.slice(1)}. ${spec.description}`;
}

function commanderOption(option: OptionSpec): Option {
  const built = new Option(option.flags, option.summary);
  if (option.repeatable === true) {
    built.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  }
  return built;
}

/** The row whose words begin the command line, options aside; undefined sends the caller to the whole table. */
export function findSpec(specs: readonly CommandSpec[], argv: readonly string[]): CommandSpec | undefined {
  const [first, second] = argv;
  return specs.find(({ path }) => path[0] === first && (path.length === 1 || path[1] === second));
}

/** Used by completion and the reference: names without their hyphens. */
export function optionNames(spec: CommandSpec): string[] {
  return [...(spec.options ?? []), JSON_OPTION].map(optionName);
}
