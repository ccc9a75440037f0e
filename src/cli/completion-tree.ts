import { type ArgumentHandler, type Command, type OptionHandler, RootCommand } from '@bomb.sh/tab';
import type { ApiClient } from '../api/client.ts';
import { routes } from '../api/routes.ts';
import type { Operation } from '../api/types.ts';
import { type CommandSpec, type GroupSpec, type OptionSpec, optionName, optionsOf, type ValueKind } from './command.ts';
import { guestNames, imageNames } from './suggest-name.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

export function isShell(text: string): text is Shell {
  return SHELLS.some((shell) => shell === text);
}

/** The script that a shell sources once; it asks `lodge complete -- WORDS` at each Tab. */
export function completionScript(shell: Shell): string {
  return captureConsole(() => new RootCommand().setup('lodge', 'lodge', shell));
}

interface CompletionParts {
  specs: readonly CommandSpec[];
  groups: readonly GroupSpec[];
  /** Never starts a daemon: a Tab has no side effects. */
  client: ApiClient;
}

/** Candidates for the last of the words, one a line with its meaning, and the shell's directive after them. */
export async function answerCompletion(words: readonly string[], parts: CompletionParts): Promise<string> {
  const spec = parts.specs.find(({ path }) => path.every((word, index) => words[index] === word));
  // Directive 0 leaves it to the shell, which knows files better than we do.
  if (spec !== undefined && wantsFile(spec, words)) return ':0\n';
  const names = await fetchNames(spec, parts.client);
  const root = buildTree(parts, names);
  return captureConsole(() => root.parse([...words]));
}

function wantsFile(spec: CommandSpec, words: readonly string[]): boolean {
  const before = words.at(-2) ?? '';
  const option = optionsOf(spec).find((candidate) => `--${optionName(candidate)}` === before);
  if (option !== undefined) return option.values === 'file';
  const current = words.at(-1) ?? '';
  return !current.startsWith('-') && spec.arguments?.[0]?.values === 'file' && words.length === spec.path.length + 1;
}

type Names = Partial<Record<ValueKind, readonly string[]>>;

/** Only what the command can use is asked for; without a daemon there are no names. */
async function fetchNames(spec: CommandSpec | undefined, client: ApiClient): Promise<Names> {
  const kinds = new Set([...(spec?.arguments ?? []), ...(spec?.options ?? [])].map(({ values }) => values));
  const ask = (kind: ValueKind, fetch: () => Promise<string[]>) => (kinds.has(kind) ? fetch().catch(() => []) : []);
  const [guest, image, operation] = await Promise.all([
    ask('guest', () => guestNames(client)),
    ask('image', () => imageNames(client)),
    ask('operation', async () => (await client.request<Operation[]>('GET', routes.operations)).map(({ id }) => id)),
  ]);
  return { guest, image, operation };
}

function buildTree({ specs, groups }: CompletionParts, names: Names): RootCommand {
  const root = new RootCommand();
  for (const { name, summary } of groups) root.command(name, summary);
  for (const spec of specs) {
    if (spec.hidden === true) continue;
    const command = root.command(spec.path.join(' '), spec.summary);
    for (const argument of spec.arguments ?? []) {
      const handler: ArgumentHandler = (complete) => offer(argument.values, names, complete);
      command.argument(argument.name, handler, argument.variadic === true);
    }
    for (const option of optionsOf(spec)) addOption(command, option, names);
  }
  return root;
}

function addOption(command: Command, option: OptionSpec, names: Names): void {
  const alias = /^-([a-zA-Z]),/.exec(option.flags)?.[1];
  const name = option.flags.includes('--no-') ? `no-${optionName(option)}` : optionName(option);
  if (!option.flags.includes('<')) return void command.option(name, option.summary, alias ?? '');
  const handler: OptionHandler = (complete) => offer(option.values, names, complete);
  command.option(name, option.summary, handler, alias);
}

function offer(
  values: ValueKind | readonly string[] | undefined,
  names: Names,
  complete: (value: string, description: string) => void,
): void {
  const candidates = typeof values === 'string' ? names[values] : values;
  for (const value of candidates ?? []) complete(value, '');
}

/** @bomb.sh/tab prints by console.log and has no other way out. */
function captureConsole(act: () => void): string {
  const { log } = console;
  let text = '';
  console.log = (line: string) => {
    text += `${line}\n`;
  };
  try {
    act();
    return text;
  } finally {
    console.log = log;
  }
}
