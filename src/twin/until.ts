import { LodgeError } from '../base/errors.ts';

const PAUSE_MS = 15;

/**
 * Asks again and again until the answer is yes.
 *
 * @throws TIMED_OUT after `limitMs`, with `what` in the message
 */
export async function until(what: string, limitMs: number, ask: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + limitMs;
  while (!(await ask())) {
    if (Date.now() > deadlineMs)
      throw new LodgeError('TIMED_OUT', `not within ${limitMs / 1000} s in the twin: ${what}`);
    await pause(PAUSE_MS);
  }
}

export function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
