import { explainError } from '../../base/errors.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import { setPhase } from './guest-records.ts';
import { isAwaited } from './restarts.ts';
import { leaveNetwork, type Settling, settleExit } from './settle.ts';

/**
 * A new daemon finds every guest again: those that run are watched, those that ended meanwhile are settled by the
 * evidence QEMU left, those that a reboot of the host ended are started when they are marked so. Guests with an
 * unfinished operation are left to it.
 */
export async function adoptGuests(deps: Settling, busy: ReadonlySet<string>): Promise<void> {
  const bootId = await deps.machine.bootId();
  for (const record of deps.store.guests.list()) {
    const { name } = record.spec;
    if (busy.has(name)) continue;
    try {
      await adopt(deps, record, bootId);
    } catch (error) {
      deps.log.error({ guest: name }, `cannot be taken over: ${explainError(error)}`);
    }
  }
}

async function adopt(deps: Settling, record: GuestRecord, bootId: string): Promise<void> {
  const { name } = record.spec;
  if ((await deps.supervisor.pidOf(name)) !== null) {
    await deps.supervisor.watch(name);
    // `starting` without an operation: the daemon died between the last step and the end of it.
    if (record.phase !== 'paused') setPhase(deps, name, 'running');
    return;
  }
  // A guest whose restart was waiting when the daemon ended waits anew, as long as before.
  if (isAwaited(record) && record.bootId === bootId)
    return deps.restarts.again(name, Math.max(0, record.restartCount - 1));
  if (record.bootId === bootId || record.bootId === null) return settleExit(deps, name);
  // Wanted, not phase: a guest that the host's own shutdown ended is `stopped`, and its owner wants it to run.
  if (record.wanted === 'stopped' || record.phase === 'failed' || record.phase === 'removing') return;
  deps.store.guests.update(name, { runningGeneration: null, runningSpec: null, restartCount: 0 });
  setPhase(deps, name, 'stopped', 'the host was rebooted');
  await leaveNetwork(deps, record);
  if (record.spec.startWithHost) deps.restarts.after(name, 0);
}
