import { sleep } from '../base/clock.ts';
import { LodgeError } from '../base/errors.ts';
import { findLockHolder } from '../host/lock-holder.ts';
import { takeInstanceLock } from '../store/instance-lock.ts';

/** A daemon that is asked to end lets answers under way finish and writes down what it was doing. */
const LIMIT_MS = 30_000;
const RETRY_MS = 25;

/**
 * Takes the instance's lock from the daemon that holds it, by asking that to end: systemd has begun to listen at the path of its
 * socket, so nobody can reach it there any more. Guests do not notice, and its operations are gone on with here.
 *
 * @throws TIMED_OUT when the other one keeps the lock.
 */
export async function takeOver(lockFile: string, limitMs = LIMIT_MS): Promise<() => void> {
  const deadline = performance.now() + limitMs;
  let asked: number | null = null;
  for (;;) {
    const unlock = takeInstanceLock(lockFile);
    if (unlock !== null) return unlock;
    const holder = await findLockHolder(lockFile);
    if (holder !== null && holder !== asked) {
      asked = holder;
      askToEnd(holder);
    }
    if (performance.now() > deadline) {
      throw new LodgeError('TIMED_OUT', `process ${holder} holds ${lockFile} and did not end`, {
        hint: 'lodge daemon stop, then lodge daemon start',
      });
    }
    await sleep(RETRY_MS);
  }
}

function askToEnd(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
