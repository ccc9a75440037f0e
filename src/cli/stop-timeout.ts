import { STOP_TIMEOUT_MS } from '../model/time-limits.ts';
import { durationWithin } from './duration.ts';
import type { CommandInput } from './input.ts';
import { createProblemList, notAsTyped } from './problem-list.ts';

/** The body part of stop and restart: `{timeoutMs}` when `--timeout` was given. */
export function stopTimeout(command: 'stop' | 'restart', input: CommandInput): { timeoutMs?: number } {
  const problems = createProblemList();
  const timeoutMs = problems.read('timeoutMs', input.text('timeout'), durationWithin(STOP_TIMEOUT_MS));
  problems.throwIfAny(notAsTyped(command));
  return timeoutMs === undefined ? {} : { timeoutMs };
}
