import { ERROR_CODES, type ErrorCode } from './error-codes.ts';
import { fileFaultOf } from './file-fault.ts';

/** One thing wrong with an input: where (`disk.sizeBytes`), the rule in words, and the value that broke it. */
export interface Problem {
  path: string;
  rule: string;
  value: unknown;
}

/** The form in which an error crosses the API and is printed under `--json`. */
export interface ErrorBody {
  code: ErrorCode;
  message: string;
  hint?: string;
  problems?: Problem[];
}

interface LodgeErrorOptions {
  /** The next command or action for the reader, in one sentence. */
  hint?: string | undefined;
  problems?: Problem[] | undefined;
  cause?: unknown;
}

/**
 * An error meant for the user. Anything else that is thrown is a bug.
 * A cause's own text is never repeated in the message of the layer above: `explainError` joins the chain.
 */
export class LodgeError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly problems: Problem[] | undefined;

  constructor(code: ErrorCode, message: string, options: LodgeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'LodgeError';
    this.code = code;
    this.hint = options.hint;
    this.problems = options.problems;
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exit;
  }

  get httpStatus(): number {
    return ERROR_CODES[this.code].httpStatus;
  }
}

export function isLodgeError(error: unknown, code?: ErrorCode): error is LodgeError {
  return error instanceof LodgeError && (code === undefined || error.code === code);
}

/** Joins an error and its causes into one line: `guest web1 did not start: qemu exited with 1: no such file`. */
export function explainError(error: unknown): string {
  const parts: string[] = [];
  let current: unknown = error;
  while (current !== undefined && current !== null && parts.length < 8) {
    const text = textOf(current, parts);
    if (!parts.some((part) => part.includes(text))) parts.push(text);
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join(': ');
}

/** `ENOENT: no such file or directory, open '/nope'` as `/nope: there is no such file or directory`; the path once. */
function textOf(error: unknown, said: readonly string[]): string {
  const fault = fileFaultOf(error);
  if (fault === null) return error instanceof Error ? error.message : String(error);
  const isNamed = fault.path === undefined || said.some((part) => part.includes(fault.path ?? ''));
  return isNamed ? fault.says : `${fault.path}: ${fault.says}`;
}

/**
 * A LodgeError as it is; the kernel's no to a file as one of ours, whoever asked for the file.
 *
 * @param path as the user calls it, where that is another one than the system was asked for
 */
export function inOurWords(error: unknown, path?: string): unknown {
  const fault = error instanceof LodgeError ? null : fileFaultOf(error);
  if (fault === null) return error;
  const named = path ?? fault.path;
  return new LodgeError(fault.code, named === undefined ? fault.says : `${named}: ${fault.says}`, {
    hint: named === undefined ? undefined : fault.hint?.(named),
  });
}

/** The deepest LodgeError of a chain decides the hint; the outermost decides the code. */
export function toErrorBody(thrown: unknown): ErrorBody {
  const error = inOurWords(thrown);
  if (!(error instanceof LodgeError)) return { code: 'INTERNAL', message: explainError(error) };
  const body: ErrorBody = { code: error.code, message: explainError(error) };
  let hint: string | undefined;
  for (let current: unknown = error; current instanceof LodgeError; current = current.cause) {
    hint = current.hint ?? hint;
  }
  if (hint !== undefined) body.hint = hint;
  if (error.problems !== undefined) body.problems = error.problems;
  return body;
}

/** An error that came over the API, as an error again. */
export function fromErrorBody(body: ErrorBody): LodgeError {
  return new LodgeError(body.code in ERROR_CODES ? body.code : 'INTERNAL', body.message, {
    hint: body.hint,
    problems: body.problems,
  });
}

/** `memoryMiB: must be at least 64, got 12` */
export function problemText({ path, rule, value }: Problem): string {
  return `${path}: ${rule}${value === undefined ? '' : `, got ${JSON.stringify(value)}`}`;
}

/** A person mends no more at once; the answer must not be larger than what was sent. */
const PROBLEMS_MAX = 100;
const VALUE_MAX_CHARACTERS = 1000;

/** Every problem at once, of a hundred or fewer. The message repeats them, for places with room for one line. */
export function problemsError(code: ErrorCode, message: string, problems: Problem[], hint?: string): LodgeError {
  const told = problems.slice(0, PROBLEMS_MAX).map(shortened);
  const more = problems.length - told.length;
  if (more > 0) told.push({ path: '(the whole)', rule: `has ${more} more mistakes`, value: undefined });
  return new LodgeError(code, `${message}: ${told.map(problemText).join('; ')}`, { problems: told, hint });
}

/** The value as it is, unless it is so long that nobody would find the rule beside it. */
function shortened(problem: Problem): Problem {
  const { path, rule, value } = problem;
  if (path.length > VALUE_MAX_CHARACTERS) return shortened({ ...problem, path: cut(path) });
  if (rule.length > VALUE_MAX_CHARACTERS) return shortened({ ...problem, rule: cut(rule) });
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  if (text.length <= VALUE_MAX_CHARACTERS) return problem;
  if (typeof value === 'string') return { ...problem, value: cut(value) };
  return { ...problem, value: Array.isArray(value) ? `a list of ${value.length}` : 'an object' };
}

function cut(text: string): string {
  return `${text.slice(0, VALUE_MAX_CHARACTERS - 1)}…`;
}

/** `guest web1`; what is no plain word in quotes: `guest " "`. */
export function subjectOf(noun: string, name: string): string {
  return `${noun} ${/^[^\s\p{C}"]+$/u.test(name) ? name : JSON.stringify(name)}`;
}

export function validationError(subject: string, problems: Problem[]): LodgeError {
  return problemsError('VALIDATION_FAILED', `${subject} is not valid`, problems);
}
