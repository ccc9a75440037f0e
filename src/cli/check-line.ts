import { LodgeError, type Problem, problemsError, problemText } from '../base/errors.ts';
import { shellWord } from '../base/quoting/shell-word.ts';
import { closest } from '../base/suggest.ts';
import { type CommandSpec, type OptionSpec, optionFlags, optionName, optionsOf, takesValue } from './command.ts';
import { ourOptionFor } from './other-words.ts';

/** A problem, and the next thing to type for whoever has this one alone. */
interface Mistake extends Problem {
  hint?: string | undefined;
}

const NO_VALUE = 'takes no value: it is either there or not';

/**
 * Looks through the words after a command before any value is read, and tells everything that is wrong with them at once, each by the
 * option as it was typed. The parser would stop at the first, in words of its own, and take the next option for a value that is missing.
 *
 * @throws USAGE
 */
export function checkLine(spec: CommandSpec, words: readonly string[]): void {
  if (asksForHelp(spec, words)) return;
  const mistakes = findMistakes(spec, words);
  const [first] = mistakes;
  if (first === undefined) return;
  const command = `lodge ${spec.path.join(' ')}`;
  const hint = `${command} --help`;
  if (mistakes.length === 1) throw new LodgeError('USAGE', problemText(first), { hint: first.hint ?? hint });
  const hints = mistakes.flatMap((one) => one.hint ?? []);
  const problems = mistakes.map(({ path, rule, value }) => ({ path, rule, value }));
  throw problemsError('USAGE', `${command} was not understood`, problems, hints.length === 1 ? hints[0] : hint);
}

export function asksForHelp(spec: CommandSpec | undefined, words: readonly string[]): boolean {
  return (spec === undefined ? words : ownWords(spec, words)).some((word) => word === '--help' || word === '-h');
}

/** What comes after --, and after the guest's name where the rest is a command for the guest, is not ours to judge. */
function ownWords(spec: CommandSpec, words: readonly string[]): readonly string[] {
  const end = words.findIndex(
    (word, index) =>
      word === '--' || (spec.passThrough === true && isOperand(word) && !isValueAfter(spec, words[index - 1])),
  );
  return end === -1 ? words : words.slice(0, end);
}

function isValueAfter(spec: CommandSpec, before: string | undefined): boolean {
  return optionsOf(spec).some((option) => takesValue(option) && optionFlags(option).includes(before ?? ''));
}

/** A number below zero is a value, and a dash alone is a file's name. */
function isOperand(word: string): boolean {
  return !/^-[^\d]/.test(word);
}

function findMistakes(spec: CommandSpec, words: readonly string[]): Mistake[] {
  const mistakes: Mistake[] = [];
  const operands: { word: string; before: string }[] = [];
  const own = ownWords(spec, words);
  const seen = new Map<OptionSpec, string[]>();
  for (let index = 0; index < own.length; index++) {
    const word = own[index] ?? '';
    if (isOperand(word)) {
      operands.push({ word, before: own[index - 1] ?? '' });
      continue;
    }
    const { flag, value } = splitFlag(word);
    const option = optionsOf(spec).find((one) => optionFlags(one).includes(flag));
    if (option === undefined) mistakes.push(unknownOption(spec, flag, value ?? own[index + 1]));
    else if (!takesValue(option)) {
      if (value !== undefined) mistakes.push({ path: flag, rule: NO_VALUE, value });
    } else if (value === undefined) {
      index += 1;
      const next = words[index];
      if (next === undefined || next === '--' || isFlagOf(spec, next)) {
        index -= 1;
        mistakes.push({ path: flag, rule: `needs a value after it: ${option.flags}`, value: undefined });
      } else note(seen, option, next);
    } else note(seen, option, value);
  }
  mistakes.push(...repeated(seen));
  const rest = words.slice(own.length);
  const others = (rest[0] === '--' ? rest.slice(1) : rest).map((word) => ({ word, before: '' }));
  return [...mistakes, ...operandMistakes(spec, [...operands, ...others])];
}

function note(seen: Map<OptionSpec, string[]>, option: OptionSpec, value: string): void {
  seen.set(option, [...(seen.get(option) ?? []), value]);
}

/** Of two values one would silently win, and which one is each program's own habit. The same one twice is a slip as well. */
function repeated(seen: ReadonlyMap<OptionSpec, readonly string[]>): Mistake[] {
  return [...seen]
    .filter(([option, values]) => option.repeatable !== true && values.length > 1)
    .map(([option, values]) => ({
      path: `--${optionName(option)}`,
      rule: `is given ${values.length} times, with ${values.map((one) => JSON.stringify(one)).join(' and ')}: it takes one value`,
      value: undefined,
    }));
}

/** `--dry-run=yes -> --dry-run, yes`; a short one has its value in a word of its own. */
function splitFlag(word: string): { flag: string; value: string | undefined } {
  const at = word.startsWith('--') ? word.indexOf('=') : -1;
  return at === -1 ? { flag: word, value: undefined } : { flag: word.slice(0, at), value: word.slice(at + 1) };
}

function isFlagOf(spec: CommandSpec, word: string): boolean {
  return optionsOf(spec).some((option) => optionFlags(option).includes(splitFlag(word).flag));
}

function unknownOption(spec: CommandSpec, flag: string, value: string | undefined): Mistake {
  const command = `lodge ${spec.path.join(' ')}`;
  if (spec.json === false && flag === '--json') {
    return { path: flag, rule: `${command} has none: its output is the guest's own`, value: undefined };
  }
  const argument = spec.arguments?.find(({ name }) => flag === `--${name}`);
  if (argument !== undefined) {
    const word = value !== undefined && isOperand(value) ? shellWord(value) : argument.name.toUpperCase();
    const hint = `the ${argument.name} comes without an option: ${command} ${word}`;
    return { path: flag, rule: `${command} has no such option`, value: undefined, hint };
  }
  const flags = optionsOf(spec).flatMap(optionFlags);
  const beginning = flags.filter((one) => flag.length > 3 && one.startsWith(flag));
  const near = ourOptionFor(flag, flags) ?? (beginning.length === 1 ? beginning[0] : closest(flag, flags));
  const hint = near === undefined ? undefined : `did you mean ${near}?`;
  return { path: flag, rule: `${command} has no such option`, value: undefined, hint };
}

function operandMistakes(spec: CommandSpec, operands: readonly { word: string; before: string }[]): Mistake[] {
  const wanted = spec.arguments ?? [];
  const needed = wanted.filter(({ optional }) => optional !== true);
  const missing = needed.slice(operands.length).map(({ name, summary }) => ({
    path: `<${name}>`,
    rule: `must be given: ${summary}`,
    value: undefined,
    hint: `for example: lodge ${spec.examples[0]?.[0]}`,
  }));
  const empty = emptyOperands(spec, operands);
  if (missing.length > 0 || wanted.some(({ variadic }) => variadic === true)) return [...missing, ...empty];
  const names = wanted.map(({ name }) => `<${name}>`).join(' and ');
  const many = operands.slice(wanted.length).flatMap(({ word, before }): Mistake[] => {
    if (isFlagOf(spec, before)) return [{ path: before, rule: NO_VALUE, value: word }];
    // The value of an option that does not exist: told with that one.
    if (before !== '' && !isOperand(before)) return [];
    const takes = names === '' ? 'takes no argument' : `takes ${names} alone`;
    return [{ path: word, rule: `is one word too many: lodge ${spec.path.join(' ')} ${takes}`, value: undefined }];
  });
  return [...empty, ...many];
}

/** An unset variable in quotes names nothing; what it left of the sentence would have two blanks in it. Words for the guest are the guest's. */
function emptyOperands(spec: CommandSpec, operands: readonly { word: string }[]): Mistake[] {
  const [last] = (spec.arguments ?? []).slice(-1);
  const named = spec.passThrough === true ? operands.slice(0, 1) : operands;
  return named.flatMap(({ word }, index) => {
    const argument = spec.arguments?.[index] ?? (last?.variadic === true ? last : undefined);
    if (word !== '' || argument === undefined || spec.hidden === true) return [];
    return [{ path: `<${argument.name}>`, rule: 'must not be empty', value: word }];
  });
}
