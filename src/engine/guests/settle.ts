import { explainError } from '../../base/errors.ts';
import { isHostStopping } from '../../host/systemd.ts';
import type { GuestPhase } from '../../model/guest.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import type { Operation, OperationKind } from '../../model/operation.ts';
import { readExit } from '../../qemu/exit.ts';
import { endLogs } from '../../qemu/prepare-logs.ts';
import type { Log } from '../log.ts';
import { type GuestDeps, layoutOfGuest } from './guest-deps.ts';
import { setPhase } from './guest-records.ts';
import { isAwaited, type Restarts } from './restarts.ts';

const STARTS: readonly OperationKind[] = ['guest.create', 'guest.start', 'guest.restart'];
const AT_REST: readonly GuestPhase[] = ['stopped', 'crashed', 'failed', 'removing'];

export interface Settling extends GuestDeps {
  log: Log;
  restarts: Restarts;
}

/**
 * Makes what is known of a guest agree with what is, when an operation on it is over: a running QEMU is watched and
 * called running, a missing one has no network.
 */
export async function settleGuest(deps: Settling, operation: Operation): Promise<void> {
  const record = deps.store.guests.find(operation.subject);
  if (record === null) return refreshNetwork(deps);
  // That somebody has ended the operation is no fault of the guest's.
  const reason = operation.state === 'cancelled' ? null : (operation.error?.message ?? null);
  if ((await deps.supervisor.pidOf(record.spec.name)) !== null) {
    await deps.supervisor.watch(record.spec.name);
    if (record.phase !== 'paused') setPhase(deps, record.spec.name, 'running', reason);
    return;
  }
  // It was started and ended by itself before the operation was over: nobody asked for that.
  if (operation.state === 'done' && STARTS.includes(operation.kind)) return settleExit(deps, record.spec.name);
  if (operation.kind === 'guest.start' && operation.state === 'cancelled') {
    deps.store.guests.update(record.spec.name, { wanted: 'stopped' });
  }
  if (operation.kind === 'guest.create' && operation.state === 'failed') {
    setPhase(deps, record.spec.name, 'failed', reason);
  } else if (!AT_REST.includes(record.phase) || operation.error !== null) {
    setPhase(deps, record.spec.name, restPhase(operation, record), reason);
  }
  await leaveNetwork(deps, record);
}

function restPhase(operation: Operation, record: GuestRecord): GuestPhase {
  if (AT_REST.includes(record.phase)) return record.phase;
  return operation.error?.code === 'QEMU_DIED' ? 'crashed' : 'stopped';
}

/** QEMU has ended and no operation asked for it: find out how, and do what the restart policy says. */
export async function settleExit(deps: Settling, name: string): Promise<void> {
  const record = deps.store.guests.find(name);
  if (record === null || AT_REST.includes(record.phase)) return;
  // Nobody asked this guest to end: what is wanted of it stays, and `adoptGuests` finds it at the next boot.
  if (await isHostStopping()) return;
  const layout = layoutOfGuest(deps.layout, record);
  const exit = await readExit(layout.qemuLog);
  await endLogs(layout);
  const phase = exit.kind === 'crash' ? 'crashed' : 'stopped';
  const again = isAwaited({ ...record, phase });
  deps.store.guests.update(name, { runningGeneration: null, runningSpec: null });
  // A signal is the host's word, not the owner's: a shutdown of the host must not keep its guests from coming back.
  if (!again && exit.kind !== 'signal') deps.store.guests.update(name, { wanted: 'stopped' });
  setPhase(deps, name, phase, exit.reason);
  deps.log.info({ guest: name, kind: exit.kind }, `QEMU ended: ${exit.reason}`);
  await leaveNetwork(deps, record);
  if (again) deps.restarts.again(name, deps.supervisor.restartsOf(record));
}

/** Before set-up has run there is no network to refresh, and that is no failure of the operation. */
async function refreshNetwork(deps: Settling): Promise<void> {
  await deps.network.refresh().catch((error: unknown) => {
    deps.log.warn({}, `the network was not refreshed: ${explainError(error)}`);
  });
}

export async function leaveNetwork(deps: Settling, record: GuestRecord): Promise<void> {
  try {
    await deps.network.detach(record.spec.nic);
    await deps.network.refresh();
  } catch (error) {
    deps.log.error({ guest: record.spec.name }, `cannot take its network away: ${explainError(error)}`);
  }
}
