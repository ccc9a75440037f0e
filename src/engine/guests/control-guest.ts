import { LodgeError } from '../../base/errors.ts';
import { type GuestAction, guestCan } from '../../model/guest.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import { type Operation, type OperationKind, operationTitle } from '../../model/operation.ts';
import {
  type GuestStep,
  planKill,
  planKillUnmade,
  planRemove,
  planRestart,
  planStart,
  planStop,
  planWait,
} from '../../plan/guest-steps.ts';
import type { Operations } from '../operations/operations.ts';
import type { Ending } from '../operations/step.ts';
import type { GuestDeps } from './guest-deps.ts';
import { noSuchGuest, readGuest, setPhase } from './guest-records.ts';

export const STOP_TIMEOUT_MS = 90_000;

interface ControlDeps extends GuestDeps {
  operations: Operations;
}

type ControlAction = 'start' | 'stop' | 'restart' | 'kill' | 'rm';

export interface ControlOptions {
  timeoutMs?: number | undefined;
  wait?: boolean | undefined;
}

/**
 * Begins what is asked of a guest. `kill` and `rm` do not wait behind other work: they cancel it first, as `stop` and `restart` do
 * with what only waits for SSH.
 * @throws GUEST_NOT_FOUND, STATE_REFUSED, GUEST_BUSY
 */
export async function controlGuest(
  deps: ControlDeps,
  name: string,
  action: ControlAction,
  options: ControlOptions = {},
): Promise<Operation> {
  let record = readGuest(deps.store, name);
  const ended = await endOtherWork(deps, name, action);
  const left = deps.store.guests.find(name);
  // A cancelled create takes the guest with it: what was asked is done.
  if (left === null) return beginWithout(deps, name, action, ended);
  record = left;
  refuseBusy(deps, name);
  const waits = action === 'start' && options.wait === true && record.phase === 'running' ? planWait(record.spec) : [];
  if (waits.length > 0) {
    const want = () => deps.store.guests.update(name, { wanted: 'running' });
    return deps.operations.begin('guest.start', name, {}, waits, want);
  }
  // A start that gave way to `kill` has left the guest as it was: that is what was asked for.
  const isKilled = action === 'kill' && ended !== null && (record.phase === 'stopped' || record.phase === 'crashed');
  if (!isKilled && !mayBe(record, action)) throw stateRefused(record, action);
  const timeoutMs = options.timeoutMs ?? STOP_TIMEOUT_MS;
  const begin = (kind: OperationKind, steps: GuestStep[]) =>
    deps.operations.begin(kind, name, { timeoutMs }, steps, () => before(deps, name, action));
  switch (action) {
    case 'start':
      return begin('guest.start', planStart(record.spec, options.wait === true));
    case 'stop':
      return begin('guest.stop', planStop(record.spec, timeoutMs));
    case 'restart':
      return begin('guest.restart', planRestart(record.spec, timeoutMs, options.wait === true));
    case 'kill':
      return begin('guest.kill', planKill(record.spec));
    case 'rm':
      return begin('guest.rm', planRemove(record.spec));
  }
}

const PHASE_OF = { start: 'starting', restart: 'stopping', stop: 'stopping', rm: 'removing' } as const;

/** Written in the same transaction as the operation: what the owner wants now, and the phase others see and hear of. */
function before(deps: ControlDeps, name: string, action: ControlAction): void {
  deps.store.guests.update(name, { wanted: action === 'start' || action === 'restart' ? 'running' : 'stopped' });
  if (action !== 'kill') setPhase(deps, name, PHASE_OF[action]);
}

function mayBe(record: GuestRecord, action: GuestAction): boolean {
  if (guestCan(record.phase, action)) return true;
  // It does not run and is wanted to: `stop` takes a restart that waits away.
  const isWaiting = record.wanted === 'running' && (record.phase === 'stopped' || record.phase === 'crashed');
  return isWaiting && (action === 'stop' || action === 'kill');
}

function stateRefused(record: GuestRecord, action: GuestAction): LodgeError {
  const { name } = record.spec;
  const hints: Partial<Record<GuestRecord['phase'], string>> = {
    stopped: `lodge start ${name}`,
    running: `lodge restart ${name} starts it anew`,
    paused: `lodge restart ${name}`,
    failed: `lodge rm ${name}`,
    crashed: `lodge logs ${name} --source qemu`,
  };
  return new LodgeError('STATE_REFUSED', `${name} is ${record.phase}: ${action} is not possible now`, {
    hint: hints[record.phase] ?? 'lodge operation ls',
  });
}

export function refuseBusy(deps: Pick<ControlDeps, 'operations'>, name: string): void {
  const active = deps.operations.activeFor('guest', name);
  if (active === null) return;
  throw new LodgeError('GUEST_BUSY', `operation ${active.id} (${operationTitle(active)}) works on ${name}`, {
    hint: `lodge operation wait ${active.id}`,
  });
}

/**
 * A shutdown that is waited for, a start and a create give way to `kill` and `rm`, which are soon done themselves; what only waits for
 * SSH gives way to `stop` and `restart` too.
 *
 * @returns what gave way
 */
async function endOtherWork(deps: ControlDeps, name: string, action: ControlAction): Promise<Operation | null> {
  const active = deps.operations.activeFor('guest', name);
  if (active === null || action === 'start') return null;
  const isAtOnce = action === 'kill' || action === 'rm';
  if (!isAtOnce && !deps.operations.onlyWaits(active)) return null;
  if (active.kind === 'guest.kill' || active.kind === 'guest.rm') {
    await deps.operations.wait(active.id);
    return null;
  }
  await deps.operations.giveWay(active.id, endingBy(action, active));
  return active;
}

const ENDED_BY = { kill: 'ended', rm: 'removed', stop: 'stopped', restart: 'restarted' } as const;

function endingBy(action: keyof typeof ENDED_BY, { subject, kind }: Operation): Ending {
  const by = `lodge ${action}`;
  const isKept = kind === 'guest.create' && action !== 'rm';
  const ofWait = `${subject} was ${ENDED_BY[action]} by ${by} before SSH answered${isKept ? '; it is kept, with its disk' : ''}`;
  return { by, ofWait };
}

function beginWithout(deps: ControlDeps, name: string, action: ControlAction, ended: Operation | null): Operation {
  if (action === 'rm') return deps.operations.begin('guest.rm', name, {}, []);
  if (action === 'kill' && ended !== null) return deps.operations.begin('guest.kill', name, {}, planKillUnmade(name));
  throw noSuchGuest(name);
}
