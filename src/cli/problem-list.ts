import type { ErrorCode } from '../base/error-codes.ts';
import { type Problem, problemsError, subjectOf } from '../base/errors.ts';
import type { Parsed } from '../base/parsed.ts';

/**
 * Collects everything that is wrong with a command line, so that it is told at once. Paths are those of the API. A value that breaks its
 * rule is a wrong line (USAGE), as an option that does not exist is, whoever else finds a problem. What is typed rightly and leads to a
 * file that is not there, or not what it should be, has a code of its own where no value is wrong.
 */
export interface ProblemList {
  /** The parsed value; undefined for no text, and for text that is a problem now. */
  read<T>(path: string, text: string | undefined, parse: (text: string) => Parsed<T>): T | undefined;
  /** One problem a path: the first one that was found is told. */
  add(problem: Problem, code?: ErrorCode): void;
  isEmpty(): boolean;
  /** @throws USAGE with all of them, when there are any; the files' own code, or VALIDATION_FAILED for several, when no value is wrong */
  throwIfAny(headline: string): void;
}

/**
 * What a line is told with that cannot be done as it was typed, above its problems: `set web1: not possible as typed`. Not the guest is
 * wrong, or the log: it may be there and run.
 */
export function notAsTyped(command: string, name = ''): string {
  return `${name === '' ? command : subjectOf(command, name)}: not possible as typed`;
}

export function createProblemList(): ProblemList {
  const problems: Problem[] = [];
  const codes = new Set<ErrorCode>();
  return {
    read(path, text, parse) {
      if (text === undefined) return undefined;
      const result = parse(text);
      if (result.ok) return result.value;
      problems.push({ path, rule: `must be ${result.reason}`, value: text });
      codes.add(result.code ?? 'USAGE');
      return undefined;
    },
    add(problem, code = 'USAGE') {
      if (problems.some(({ path }) => path === problem.path)) return;
      problems.push(problem);
      codes.add(code);
    },
    isEmpty: () => problems.length === 0,
    throwIfAny(headline) {
      if (problems.length === 0) return;
      const [first = 'USAGE'] = codes;
      const code = codes.has('USAGE') ? 'USAGE' : codes.size === 1 ? first : 'VALIDATION_FAILED';
      throw problemsError(code, headline, problems);
    },
  };
}
