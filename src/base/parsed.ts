import type { ErrorCode } from './error-codes.ts';

/**
 * What a parser returns: the value, or the rule it broke in words that fit after "must be"; with a code where it is not the text that is
 * wrong, but what it names (a file that is not there).
 */
export type Parsed<T> = { ok: true; value: T } | { ok: false; reason: string; code?: ErrorCode };

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function rejected<T>(reason: string, code?: ErrorCode): Parsed<T> {
  return code === undefined ? { ok: false, reason } : { ok: false, reason, code };
}

/** For constants and tests, where a value that does not parse is a bug. */
export function unwrap<T>(result: Parsed<T>): T {
  if (result.ok) return result.value;
  throw new Error(`must be ${result.reason}`);
}
