import type { CliContext } from './context.ts';
import type { CommandInput } from './input.ts';

/** What a value names, for completion: what there is now of Lodge's own, or a file of the user's. */
export type ValueKind =
  | 'guest'
  | 'image'
  | 'image-or-file'
  | 'guest-or-file'
  | 'operation'
  | 'running-operation'
  | 'plan'
  | 'api-path'
  | 'file';

export type Values = ValueKind | readonly string[];

export interface ArgumentSpec {
  name: string;
  summary: string;
  optional?: true;
  /** The last argument may be given several times. */
  variadic?: true;
  values?: Values;
}

export interface OptionSpec {
  /** As commander writes it: `--memory <size>`, `--no-wait`, `-f, --follow`. */
  flags: string;
  /** What it does, with the unit and the default. */
  summary: string;
  /** For help and completion; values are checked by the command, so that all problems come at once. */
  values?: Values;
  repeatable?: true;
  /** The field of the API's request that it fills, where that has another name: a problem with it is told as one with the option. */
  field?: string;
}

export interface CommandModule {
  /** Returns the exit code; nothing is 0. Throws LodgeError. */
  run(context: CliContext, input: CommandInput): Promise<number | undefined>;
}

/** A command as data: help, docs/reference/cli.md, completion and parsing all come from it. */
export interface CommandSpec {
  /** `['ls']`, or noun and verb: `['image', 'ls']`. */
  path: readonly [string] | readonly [string, string];
  summary: string;
  /** More than the summary says, in whole sentences. */
  description?: string;
  arguments?: readonly ArgumentSpec[];
  options?: readonly OptionSpec[];
  /** Command line without `lodge `, and what it does. */
  examples: readonly (readonly [string, string])[];
  /** Exit codes besides 0, 1, 2 and 5, which every command can end with, and 3 of a command that makes no root. */
  exitCodes?: readonly number[];
  exitNote?: string;
  /** Its output is the guest's own: there is no `--json`. */
  json?: false;
  /** What comes after the first argument is a command for the guest, options and all. */
  passThrough?: true;
  /** `made`: sets an instance up where none is yet; `unused`: works without one. All others say that a LODGE_ROOT is not there, and leave it so. */
  root?: 'made' | 'unused';
  /** Called by scripts and not shown to people. */
  hidden?: true;
  load(): Promise<CommandModule>;
}

/** A noun that has commands under it. */
export interface GroupSpec {
  name: string;
  summary: string;
}

const JSON_OPTION: OptionSpec = { flags: '--json', summary: 'print the result, or the error, as JSON' };

/** The options of a command's row, and the one that nearly every command has. */
export function optionsOf(spec: CommandSpec): readonly OptionSpec[] {
  return [...(spec.options ?? []), ...(spec.json === false ? [] : [JSON_OPTION])];
}

/** `--start-with-host -> start-with-host`, `--no-wait -> wait`, `-f, --follow -> follow`, `--memory <size> -> memory` */
export function optionName(option: OptionSpec): string {
  return (/--(?:no-)?([a-z0-9-]+)/.exec(option.flags) ?? [])[1] ?? option.flags;
}

/** `-f, --follow -> -f, --follow`; `--memory <size> -> --memory` */
export function optionFlags(option: OptionSpec): string[] {
  return option.flags.match(/--?[a-z0-9][a-z0-9-]*/g) ?? [];
}

export function takesValue(option: OptionSpec): boolean {
  return option.flags.includes('<');
}
