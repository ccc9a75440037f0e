/** What a parser returns: the value, or the rule it broke in words that fit after "must be". */
export type Parsed<T> = { ok: true; value: T } | { ok: false; reason: string };

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function rejected<T>(reason: string): Parsed<T> {
  return { ok: false, reason };
}

/** For constants and tests, where a value that does not parse is a bug. */
export function unwrap<T>(result: Parsed<T>): T {
  if (result.ok) return result.value;
  throw new Error(`must be ${result.reason}`);
}
