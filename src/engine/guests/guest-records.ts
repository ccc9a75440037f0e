import { LodgeError } from '../../base/errors.ts';
import type { GuestPhase } from '../../model/guest.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import { type GuestWish, guestRefusal } from '../../model/guest-refusal.ts';
import type { OperationRecord } from '../../model/operation-record.ts';
import type { Store } from '../../store/store.ts';
import type { EventLog } from '../event-log.ts';

/** @throws GUEST_NOT_FOUND */
export function readGuest(store: Store, name: string): GuestRecord {
  const record = store.guests.find(name);
  if (record !== null) return record;
  throw noSuchGuest(name);
}

export function noSuchGuest(name: string): LodgeError {
  return new LodgeError('GUEST_NOT_FOUND', `there is no guest ${name}`, { hint: 'lodge ls' });
}

/** Why a guest has none of that now, with the work that is under way on it to wait for. */
export function notReady(store: Store, { spec: { name }, phase }: GuestRecord, wish: GuestWish): LodgeError {
  const isOnIt = ({ kind, subject }: OperationRecord) => subject === name && kind.startsWith('guest.');
  return guestRefusal(name, phase, wish, store.operations.unfinished().find(isOnIt)?.id ?? null);
}

/** Writes a phase down and tells of it, when it is another one. */
export function setPhase(
  deps: { store: Store; events: EventLog },
  name: string,
  phase: GuestPhase,
  reason: string | null = null,
): void {
  const before = deps.store.guests.find(name);
  if (before === null || (before.phase === phase && before.lastError === reason)) return;
  deps.store.guests.update(name, { phase, lastError: reason });
  if (before.phase !== phase) deps.events.publish({ type: 'guest.phase', guest: name, phase, reason });
}
