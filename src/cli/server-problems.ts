import { LodgeError } from '../base/errors.ts';
import type { ProblemList } from './problem-list.ts';

/**
 * Adds the problems that only the daemon knows to those of the command line, so that all come at once.
 *
 * @param tryOut the request with `dryRun`, of what did parse: it does nothing
 */
export async function addServerProblems(problems: ProblemList, tryOut: () => Promise<unknown>): Promise<void> {
  try {
    await tryOut();
  } catch (error) {
    // Anything else than further problems can wait until these are mended.
    if (error instanceof LodgeError)
      for (const problem of error.problems ?? []) problems.add(problem, 'VALIDATION_FAILED');
  }
}
