import { parseDuration } from './duration.ts';
import type { CommandInput } from './input.ts';
import { createProblemList } from './problem-list.ts';

/** The body part of stop and restart: `{timeoutMs}` when `--timeout` was given. */
export function stopTimeout(input: CommandInput): { timeoutMs?: number } {
  const problems = createProblemList();
  const timeoutMs = problems.read('timeoutMs', input.text('timeout'), parseDuration);
  problems.throwIfAny('the time limit');
  return timeoutMs === undefined ? {} : { timeoutMs };
}
