import { readFile } from 'node:fs/promises';
import { sleep } from '../base/clock.ts';
import { LodgeError } from '../base/errors.ts';

/** Fine enough that a stop is not seen late, coarse enough to cost nothing: one small read of /proc. */
const EXIT_POLL_MS = 25;

/**
 * Resolves when the process has ended, or at once when there is none. A pid that was given to another process meanwhile is
 * told by its start time.
 *
 * @throws TIMED_OUT; the signal's reason when it is aborted.
 */
export async function waitForExit(pid: number, timeoutMs: number, signal?: AbortSignal): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  const born = await startTime(pid);
  while (born !== null && (await startTime(pid)) === born) {
    if (performance.now() >= deadline) {
      throw new LodgeError('TIMED_OUT', `process ${pid} did not end within ${timeoutMs / 1000} s`);
    }
    await sleep(EXIT_POLL_MS, signal);
  }
}

/** Linux include/linux/sched.h: set before a process gives up its memory, and with it its command line. */
const PF_EXITING = 0x4;

export interface ProcessState {
  zombie: boolean;
  exiting: boolean;
  /** Threads that have not ended. */
  threads: number;
  /** Clock ticks since the host's boot. */
  started: string;
}

/** When the process was started; null when it is gone or only waits to be buried. */
async function startTime(pid: number): Promise<string | null> {
  const stat = await readProcessState(pid);
  return stat === null || (stat.zombie && stat.threads <= 1) ? null : stat.started;
}

/**
 * Fields 3, 9, 20 and 22 of /proc/PID/stat (proc(5)). A killed process's first thread can be a zombie while its others still
 * run and hold disks and locks.
 */
export async function readProcessState(pid: number): Promise<ProcessState | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // The name in parentheses may hold spaces and parentheses itself.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  const [state, started] = [fields[0], fields[19]];
  if (state === undefined || started === undefined) return null;
  const zombie = state === 'Z' || state === 'X';
  const exiting = zombie || (Number(fields[6]) & PF_EXITING) !== 0;
  return { zombie, exiting, threads: Number(fields[17]), started };
}
