import { LodgeError } from './errors.ts';

/** Nothing of ours is nested a tenth as deep; what goes through a value function by function ends in a stack overflow at some thousands. */
export const JSON_DEPTH_MAX = 64;

/** An ordinary request has some dozens. Each may be checked, told as a problem and kept. */
export const JSON_VALUES_MAX = 20_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
/** Behind a bracket and a brace: `[` 0x5b and `{` 0x7b open, `]` 0x5d and `}` 0x7d close. */
const OPENS: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSES: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/**
 * JSON of a stranger as a value.
 *
 * @param what who sends it, for the sentence: `the request`
 * @throws USAGE when it is none, or larger than it may be; without its cause, which quotes the text
 */
export function parseBoundedJson(bytes: Uint8Array, what: string, mostValues = JSON_VALUES_MAX): unknown {
  requireBounded(bytes, what, mostValues);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new LodgeError('USAGE', `${what} is no JSON`);
  }
}

/**
 * Looks at the marks alone, so that it ends for any bytes, in one pass and without memory; of bytes that are no JSON nothing is known
 * afterwards.
 *
 * @throws USAGE for JSON that is nested deeper than JSON_DEPTH_MAX or has more values
 */
export function requireBounded(bytes: Uint8Array, what: string, mostValues = JSON_VALUES_MAX): void {
  let depth = 0;
  let values = 1;
  let isText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
      continue;
    }
    if (byte === QUOTE) isText = true;
    else if (byte === COMMA) values += 1;
    else if (OPENS.has(byte)) {
      depth += 1;
      values += 1;
    } else if (CLOSES.has(byte)) depth -= 1;
    if (depth > JSON_DEPTH_MAX) throw new LodgeError('USAGE', `${what} is nested deeper than ${JSON_DEPTH_MAX} levels`);
    if (values > mostValues) throw new LodgeError('USAGE', `${what} has more than ${mostValues} values`);
  }
}
