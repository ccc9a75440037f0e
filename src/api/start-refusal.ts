import { type ErrorBody, fromErrorBody, type LodgeError, toErrorBody } from '../base/errors.ts';

/** A command that starts a daemon gives it this, and a pipe as descriptor 3: why it does not start comes back there as an error. */
export const TELLS_REFUSAL = '--tells-refusal';
export const REFUSAL_FD = 3;

/** What these say is about the instance, and whole by itself. */
const ABOUT_THE_ROOT: ReadonlySet<string> = new Set(['ROOT_UNUSABLE', 'PERMISSION_DENIED', 'STATE_REFUSED']);

/** Why a daemon does not start, for whoever started it; null for a bug, which has nothing to say to him. */
export function encodeRefusal(error: unknown): string | null {
  const body = toErrorBody(error);
  if (body.code === 'INTERNAL') return null;
  const message = ABOUT_THE_ROOT.has(body.code) ? body.message : `the daemon cannot start: ${body.message}`;
  return JSON.stringify({ ...body, message });
}

/** Null where the daemon has said nothing there. */
export function decodeRefusal(text: string): LodgeError | null {
  return text === '' ? null : fromErrorBody(JSON.parse(text) as ErrorBody);
}
