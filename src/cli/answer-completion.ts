import type { ValueKind, Values } from './command.ts';
import { type CommandSpec, type GroupSpec, type OptionSpec, optionFlags, optionsOf, takesValue } from './command.ts';

/** A word that may stand there, and what it means. */
interface Candidate {
  word: string;
  meaning: string;
}

interface CompletionParts {
  specs: readonly CommandSpec[];
  groups: readonly GroupSpec[];
  /** What there is of a kind now. Never starts a daemon: a Tab has no side effects. */
  namesOf(kind: ValueKind): Promise<readonly string[]>;
}

/** What the last word can be: candidates, and whether a file of the user's is one too. */
interface Offer {
  candidates: readonly Candidate[];
  files: boolean;
}

const NOTHING: Offer = { candidates: [], files: false };
const HELP: Candidate = { word: '--help', meaning: 'print this help' };

/**
 * Candidates for the last of the words after `lodge`, one a line with its meaning after a tab; the last line is `:0` where the shell adds
 * its file names and `:4` where it does not (the numbers are those of Cobra's scripts). Of `--option=VALUE` it is the value alone.
 */
export async function answerCompletion(words: readonly string[], parts: CompletionParts): Promise<string> {
  const current = words.at(-1) ?? '';
  const joined = /^--[a-z0-9-]+=/.exec(current)?.[0] ?? '';
  const { candidates, files } = await offer(words.slice(0, -1), current, parts);
  const beginning = current.slice(joined.length);
  const fitting = candidates.filter(({ word }) => word.startsWith(beginning));
  const lines = fitting.map(({ word, meaning }) => (meaning === '' ? word : `${word}\t${meaning}`));
  return [...lines, files ? ':0' : ':4', ''].join('\n');
}

async function offer(before: readonly string[], current: string, parts: CompletionParts): Promise<Offer> {
  // `help net plan` asks about the command that its words name.
  const asksHelp = before[0] === 'help';
  const [first, second] = asksHelp ? before.slice(1) : before;
  const specs = parts.specs.filter(({ hidden }) => hidden !== true);
  if (first === undefined) return { candidates: topWords(specs, parts.groups, asksHelp, current), files: false };
  const verbs = specs.filter(({ path }) => path[0] === first && path.length === 2);
  if (verbs.length > 0 && second === undefined) {
    const words = verbs.map(({ path, summary }) => ({ word: path[1] ?? '', meaning: summary }));
    return { candidates: asksHelp ? words : [...words, HELP], files: false };
  }
  const spec = specs.find(({ path }) => path[0] === first && (path.length === 1 || path[1] === second));
  if (spec === undefined || asksHelp) return NOTHING;
  return offerOfCommand(spec, before.slice(spec.path.length), current, parts);
}

function topWords(
  specs: readonly CommandSpec[],
  groups: readonly GroupSpec[],
  asksHelp: boolean,
  current: string,
): Candidate[] {
  const nouns = groups.map(({ name, summary }) => ({ word: name, meaning: summary }));
  const verbs = specs
    .filter(({ path }) => path.length === 1)
    .map(({ path, summary }) => ({ word: path[0], meaning: summary }));
  if (asksHelp) return [...verbs, ...nouns];
  const help = { word: 'help', meaning: 'print the help of a command' };
  const options = [HELP, { word: '--version', meaning: 'print the version' }];
  return [...verbs, ...nouns, help, ...(current.startsWith('-') ? options : [])];
}

async function offerOfCommand(
  spec: CommandSpec,
  before: readonly string[],
  current: string,
  parts: CompletionParts,
): Promise<Offer> {
  const options = optionsOf(spec);
  const named = (flag: string) => options.find((option) => optionFlags(option).includes(flag));
  const used: OptionSpec[] = [];
  const operands: string[] = [];
  let open: OptionSpec | undefined;
  for (const [index, word] of before.entries()) {
    if (open !== undefined) {
      open = undefined;
    } else if (word === '--') {
      return offerOperand(spec, [...operands, ...before.slice(index + 1)], parts);
    } else if (/^-[^\d]/.test(word)) {
      const option = named(word.replace(/=.*/, ''));
      if (option !== undefined) used.push(option);
      if (option !== undefined && takesValue(option) && !word.includes('=')) open = option;
    } else {
      operands.push(word);
    }
    if (spec.passThrough === true && operands.length > 0) return offerOperand(spec, operands, parts);
  }
  if (open !== undefined) return offerValues(open.values, parts);
  const joined = /^(--[a-z0-9-]+)=/.exec(current)?.[1];
  if (joined !== undefined) return offerValues(named(joined)?.values, parts);
  if (current.startsWith('-')) return { candidates: optionCandidates(options, used), files: false };
  return offerOperand(spec, operands, parts);
}

function optionCandidates(options: readonly OptionSpec[], used: readonly OptionSpec[]): Candidate[] {
  const left = options.filter((option) => option.repeatable === true || !used.includes(option));
  return [...left.map((option) => ({ word: optionFlags(option).at(-1) ?? '', meaning: option.summary })), HELP];
}

/** The argument behind these; behind the last one only where that may come again, and then without those that are there. */
async function offerOperand(spec: CommandSpec, typed: readonly string[], parts: CompletionParts): Promise<Offer> {
  const all = spec.arguments ?? [];
  const last = all.at(-1);
  const wanted = all[typed.length] ?? (last?.variadic === true ? last : undefined);
  const { candidates, files } = await offerValues(wanted?.values, parts);
  const isList = wanted?.variadic === true && !files;
  return { candidates: isList ? candidates.filter(({ word }) => !typed.includes(word)) : candidates, files };
}

async function offerValues(values: Values | undefined, { namesOf }: CompletionParts): Promise<Offer> {
  if (values === undefined) return NOTHING;
  if (typeof values !== 'string') return { candidates: values.map((word) => ({ word, meaning: '' })), files: false };
  const names = values === 'file' ? [] : await namesOf(values).catch((): string[] => []);
  return {
    candidates: names.map((word) => ({ word, meaning: '' })),
    files: values === 'file' || values.endsWith('-or-file'),
  };
}
