import type { CommanderError } from 'commander';
import { EXIT } from '../base/error-codes.ts';
import { isLodgeError, LodgeError, type Problem } from '../base/errors.ts';
import { shellWord } from '../base/quoting/shell-word.ts';
import { closest } from '../base/suggest.ts';
import { asksForHelp, checkLine } from './check-line.ts';
import type { CommandSpec, GroupSpec } from './command.ts';
import type { CliContext } from './context.ts';
import { hoistOptions } from './hoist-options.ts';
import type { CommandInput } from './input.ts';
import { optionProblem } from './option-problem.ts';
import { ourWordFor } from './other-words.ts';
import type { Output } from './output.ts';
import { findSpec, readPlainLine } from './plain-line.ts';
import { reportError } from './report-error.ts';

interface CliParts {
  version: string;
  groups: readonly GroupSpec[];
  specs: readonly CommandSpec[];
  output: Output;
  env: CliContext['env'];
  /** Made only when a command runs: `--help` works with an unusable LODGE_ROOT. */
  makeContext(spec: CommandSpec, input: CommandInput): CliContext;
}

/** Runs one command line and gives its exit code. Every error has been told when it returns. */
export async function runCli(typed: readonly string[], parts: CliParts): Promise<number> {
  const argv = withoutHelpWord(typed);
  const { output, specs } = parts;
  let exitCode: number = EXIT.done;
  let talk = '';
  let inOptions: ((problem: Problem) => Problem) | undefined;
  const wanted = findSpec(specs, argv);
  const plain = wanted === undefined ? null : readPlainLine(wanted, argv);
  if (wanted !== undefined && plain !== null) return runPlain(wanted, plain, parts);
  const { buildProgram } = await import('./program.ts');
  const program = buildProgram({
    version: parts.version,
    groups: parts.groups,
    width: output.stdout.columns || 80,
    specs: wanted === undefined ? specs : [wanted],
    writeOut: (text) => output.write(text),
    writeErr: (text) => {
      talk += text;
    },
    run: async (spec, input) => {
      inOptions = (problem) => optionProblem(problem, spec, input);
      exitCode = await runCommand(spec, input, parts.makeContext(spec, input));
    },
  });
  try {
    refuseUnknown(argv, parts);
    if (output.json && (await answerHelp(wanted, argv, parts))) return EXIT.done;
    const line = hoistOptions(wanted, argv);
    if (wanted !== undefined) checkLine(wanted, line.slice(wanted.path.length));
    await program.parseAsync([...line], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!isCommanderError(error)) return reportError(error, output, parts.env, inOptions);
    if (error.exitCode === 0) return EXIT.done;
    if (error.code === 'commander.help' && !output.json) {
      output.stderr.write(talk);
      return EXIT.usage;
    }
    return reportError(usageError(argv, wanted), output, parts.env);
  }
}

async function runPlain(spec: CommandSpec, input: CommandInput, parts: CliParts): Promise<number> {
  try {
    return await runCommand(spec, input, parts.makeContext(spec, input));
  } catch (error) {
    return reportError(error, parts.output, parts.env);
  }
}

async function runCommand(spec: CommandSpec, input: CommandInput, context: CliContext): Promise<number> {
  try {
    const command = await spec.load();
    return (await command.run(context, input)) ?? EXIT.done;
  } catch (error) {
    if (!isLodgeError(error, 'GUEST_NOT_FOUND') && !isLodgeError(error, 'IMAGE_NOT_FOUND')) throw error;
    const { withSuggestion } = await import('./suggest-name.ts');
    throw await withSuggestion(error, spec, input, context);
  }
}

/** Help under `--json` is data; false where the line asks for none. */
async function answerHelp(wanted: CommandSpec | undefined, argv: readonly string[], parts: CliParts): Promise<boolean> {
  const words = wanted === undefined ? argv : argv.slice(wanted.path.length);
  if (!asksForHelp(wanted, words)) return false;
  const noun = argv.find((word) => !word.startsWith('-'));
  const { helpData } = await import('./help-data.ts');
  parts.output.result(helpData(parts.specs, parts.groups, wanted, noun), () => '');
  return true;
}

/** `help net plan` as `net plan --help`: commander's own help command knows one word only. */
function withoutHelpWord(typed: readonly string[]): readonly string[] {
  const [first, ...rest] = typed;
  if (first !== 'help') return typed;
  return [...rest.filter((word) => /^[a-z]/.test(word) && word !== 'help'), '--help'];
}

/** commander suggests only among the commands it was built with, and takes an unknown noun's options for its own. */
function refuseUnknown(argv: readonly string[], { specs, groups }: CliParts): void {
  const [first, second] = argv;
  if (first === '--json' && second !== undefined) {
    throw new LodgeError('USAGE', '--json comes after the command', { hint: `lodge ${second} … --json` });
  }
  if (first === undefined || HELP.includes(first)) return;
  if (first.startsWith('-') && first !== '--json') throw noSuchOption('lodge', first);
  const tops = new Set([...specs.filter((spec) => spec.hidden !== true).map(({ path }) => path[0]), 'help']);
  if (first !== '--json' && !tops.has(first) && !specs.some(({ path }) => path[0] === first)) {
    const near = ourWordFor(first, [...tops, '--version']) ?? closest(first, tops);
    throw new LodgeError('USAGE', `there is no command ${first}`, {
      hint: near === undefined ? 'all commands: lodge --help' : meantLine([near], argv.slice(1)),
    });
  }
  if (groups.some(({ name }) => name === first)) refuseUnknownVerb(argv, specs);
}

/** The line as it was meant, whole: what stood behind the wrong word stays. */
function meantLine(command: readonly string[], rest: readonly string[]): string {
  const words = command[0] === '--version' ? command : [...command, ...rest];
  return `perhaps this is meant: lodge ${words.map(shellWord).join(' ')}`;
}

const HELP: readonly string[] = ['--help', '-h', '--version', '-V'];

function refuseUnknownVerb(argv: readonly string[], specs: readonly CommandSpec[]): void {
  const [noun = '', typed] = argv;
  if (typed === undefined || typed === '--json' || HELP.includes(typed)) return;
  if (typed.startsWith('-')) throw noSuchOption(`lodge ${noun}`, typed);
  const verbs = specs.filter(({ path }) => path[0] === noun).map(({ path }) => path[1] ?? '');
  if (verbs.includes(typed)) return;
  const near = ourWordFor(typed, verbs) ?? closest(typed, verbs);
  throw new LodgeError('USAGE', `there is no command ${noun} ${typed}`, {
    hint: near === undefined ? `its commands: lodge ${noun} --help` : meantLine([noun, near], argv.slice(2)),
  });
}

function noSuchOption(command: string, flag: string): LodgeError {
  return new LodgeError('USAGE', `${flag}: ${command} has no such option before its command`, {
    hint: `${command} --help`,
  });
}

/** By its code, not its class: the class would load commander for every command. */
function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && String((error as { code?: unknown }).code).startsWith('commander.');
}

/** checkLine has told what the parser could find: only a noun without its command is left. */
function usageError(argv: readonly string[], spec: CommandSpec | undefined): LodgeError {
  const [first] = argv.filter((word) => word !== '--json');
  if (spec !== undefined || first === undefined) {
    const command = ['lodge', ...(spec?.path ?? [])].join(' ');
    const message = spec === undefined ? 'a command is needed' : `${command} was not understood`;
    return new LodgeError('USAGE', message, { hint: `${command} --help` });
  }
  return new LodgeError('USAGE', `${first} needs a command after it`, { hint: `lodge ${first} --help` });
}
