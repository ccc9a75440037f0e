import type { Clock } from '../../base/clock.ts';
import { LodgeError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import type { GuestPhase } from '../../model/guest.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import { type GuestLayout, guestLayoutOf, type Layout } from '../../model/layout.ts';
import type { OperationRecord } from '../../model/operation-record.ts';
import type { Store } from '../../store/store.ts';
import type { EventLog } from '../event-log.ts';
import type { HostMachine } from '../host-machine.ts';
import type { ImageWorks } from '../images/image-works.ts';
import type { GuestNetwork } from './guest-network.ts';
import type { Supervisor } from './supervisor.ts';

/** What the steps of a guest reach: wired once in daemon/main.ts. */
export interface GuestDeps {
  store: Store;
  layout: Layout;
  clock: Clock;
  random: Random;
  events: EventLog;
  machine: HostMachine;
  network: GuestNetwork;
  images: ImageWorks;
  supervisor: Supervisor;
}

/** @throws GUEST_NOT_FOUND */
export function readGuest(store: Store, name: string): GuestRecord {
  const record = store.guests.find(name);
  if (record !== null) return record;
  throw new LodgeError('GUEST_NOT_FOUND', `there is no guest ${name}`, { hint: 'lodge ls' });
}

/** The guest an operation works on. */
export function guestOf(deps: Pick<GuestDeps, 'store'>, operation: OperationRecord): GuestRecord {
  return readGuest(deps.store, operation.subject);
}

export function layoutOfGuest(layout: Layout, { spec }: GuestRecord): GuestLayout {
  return guestLayoutOf(layout, spec.name, spec.disk.format);
}

/** Writes a phase down and tells of it, when it is another one. */
export function setPhase(
  deps: Pick<GuestDeps, 'store' | 'events'>,
  name: string,
  phase: GuestPhase,
  reason: string | null = null,
): void {
  const before = deps.store.guests.find(name);
  if (before === null || (before.phase === phase && before.lastError === reason)) return;
  deps.store.guests.update(name, { phase, lastError: reason });
  if (before.phase !== phase) deps.events.publish({ type: 'guest.phase', guest: name, phase, reason });
}
