import { sleep } from '../../base/clock.ts';
import { LodgeError } from '../../base/errors.ts';
import { startDetached } from '../../host/exec.ts';
import { readIfPresent } from '../../host/files.ts';
import { belongsTo, processWords } from '../../host/process-identity.ts';
import { hasSystemd, isTimerActive, startTimer, stopTimer } from '../../host/systemd.ts';
import { readUptimeSec } from '../../host/uptime.ts';
import type { Layout } from '../../model/layout.ts';
import type { Transaction } from './transaction.ts';

const START_LIMIT_MS = 10_000;

type Armed = Pick<Transaction, 'dir' | 'record'>;

/** True where systemd is PID 1 and this is the system's own instance: another root has its own network namespace, which a unit has not. */
export async function isSystems({ root }: Layout): Promise<boolean> {
  return root === '' && (await hasSystemd());
}

/**
 * Starts what takes the plan back at the deadline, and sees that it is there: a timer of systemd's, or a process in a session of its own
 * that outlives this daemon, whatever ends it.
 *
 * @throws COMMAND_FAILED, TIMED_OUT: then nothing may be changed
 */
export async function armWatchdog(layout: Layout, transaction: Armed): Promise<void> {
  const { dir, record } = transaction;
  const seconds = Math.round(record.confirmWithinMs / 1000);
  const reason = `nobody confirmed it within ${seconds} s`;
  if (await isSystems(layout)) {
    const left = Math.max(1, Math.ceil(record.deadlineUptimeSec - (await readUptimeSec())));
    // A new name for each: one that was killed may still be known by the old.
    const unit = unitOf(transaction);
    await stopTimer(unit);
    await startTimer(unit, left, ['/bin/sh', `${dir}/rollback.sh`, reason]);
  } else {
    const words = [`${dir}/watchdog.sh`, String(record.deadlineUptimeSec), reason];
    await startDetached('sh', words, { logFile: `${dir}/rollback.log` });
  }
  for (const end = Date.now() + START_LIMIT_MS; !(await isWatchdogAlive(layout, transaction)); await sleep(20)) {
    if (Date.now() > end) throw new LodgeError('TIMED_OUT', 'the watchdog did not start: nothing was changed');
  }
}

export async function isWatchdogAlive(layout: Layout, transaction: Armed): Promise<boolean> {
  if (await isSystems(layout)) return isTimerActive(unitOf(transaction));
  const pid = Number(await readIfPresent(`${transaction.dir}/watching`));
  // Its user and its words and not only its id, which another process may have got. After the deadline it is rollback.sh itself.
  if (!(pid > 0) || !(await belongsTo(pid, [process.getuid?.() ?? 0]))) return false;
  return (await processWords(pid)).some((word) => word.startsWith(transaction.dir) || word === './rollback.sh');
}

/** The mark has disarmed it already: this only tidies up. A process ends by itself when it does not see `armed` any more. */
export async function disarmWatchdog(layout: Layout, transaction: Armed): Promise<void> {
  if (await isSystems(layout)) await stopTimer(unitOf(transaction));
}

function unitOf({ record }: Armed): string {
  return `lodge-network-watchdog-${record.operation}`;
}
