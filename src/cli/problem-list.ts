import { type Problem, validationError } from '../base/errors.ts';
import { type Parsed, parsed, rejected } from '../base/parsed.ts';
import { MIB, parseSize } from '../base/size.ts';
import { closest } from '../base/suggest.ts';

/** Collects everything that is wrong with a command line, so that it is told at once. Paths are those of the API. */
export interface ProblemList {
  /** The parsed value; undefined for no text, and for text that is a problem now. */
  read<T>(path: string, text: string | undefined, parse: (text: string) => Parsed<T>): T | undefined;
  /** One problem a path: the first one that was found is told. */
  add(problem: Problem): void;
  isEmpty(): boolean;
  /** @throws VALIDATION_FAILED with all of them, when there are any */
  throwIfAny(subject: string): void;
}

export function createProblemList(): ProblemList {
  const problems: Problem[] = [];
  return {
    read(path, text, parse) {
      if (text === undefined) return undefined;
      const result = parse(text);
      if (result.ok) return result.value;
      problems.push({ path, rule: `must be ${result.reason}`, value: text });
      return undefined;
    },
    add(problem) {
      if (!problems.some(({ path }) => path === problem.path)) problems.push(problem);
    },
    isEmpty: () => problems.length === 0,
    throwIfAny(subject) {
      if (problems.length > 0) throw validationError(subject, problems);
    },
  };
}

/** A size in whole MiB: QEMU's own unit of memory. A bare number is likely MiB, as Proxmox counts, or a few GiB. */
export function parseMiB(text: string): Parsed<number> {
  const bytes = parseSize(text, 128);
  if (!bytes.ok) return bytes;
  if (bytes.value % MIB === 0) return parsed(bytes.value / MIB);
  const near = Math.max(1, Math.round(bytes.value / MIB));
  return rejected(`a whole number of MiB, such as 512MiB (did you mean ${near}MiB?)`);
}

/** A disk's size: of whole sectors. */
export function parseDiskSize(text: string): Parsed<number> {
  const bytes = parseSize(text);
  if (!bytes.ok || bytes.value % MIB === 0) return bytes;
  const near = Math.max(1, Math.round(bytes.value / MIB));
  return rejected(`a whole number of MiB, such as 10GiB (did you mean ${near}MiB?)`);
}

export function parseCount(text: string): Parsed<number> {
  return /^\d{1,9}$/.test(text) ? parsed(Number(text)) : rejected('a whole number');
}

/** A parser for one of some words. */
export function oneOf<const Word extends string>(...words: Word[]): (text: string) => Parsed<Word> {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return parsed(word);
    const near = closest(text, words);
    return rejected(`one of ${words.join(', ')}${near === undefined ? '' : ` (did you mean ${near}?)`}`);
  };
}
