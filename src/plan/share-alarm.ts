import type { GuestRefusal } from '../model/guest-share.ts';

/** What was told of the refusals so far: by guest and share. */
export type RefusalMemory = ReadonlyMap<string, { packets: number; toldAtMs: number | null }>;

/** A guest that goes on is told of once in this time. */
const REPEAT_MS = 60_000;

/**
 * What there is to tell of a reading: who was refused more since he was last told of. A counter that has gone down has begun
 * anew, with the guest.
 *
 * @param memory null at the first reading, of which nothing is told: it may have been told before the daemon started anew
 */
export function compareRefusals(
  memory: RefusalMemory | null,
  reading: readonly GuestRefusal[],
  nowMs: number,
): { memory: RefusalMemory; alarms: GuestRefusal[] } {
  const alarms: GuestRefusal[] = [];
  const next = new Map<string, { packets: number; toldAtMs: number | null }>();
  for (const refusal of reading) {
    const key = `${refusal.guest} ${refusal.share}`;
    const told = memory === null ? { packets: refusal.packets, toldAtMs: null } : memory.get(key);
    const known = told === undefined || told.packets > refusal.packets ? { packets: 0, toldAtMs: null } : told;
    // The distance and not the difference: a clock that was set back must not silence the alarm.
    const isDue = known.toldAtMs === null || Math.abs(nowMs - known.toldAtMs) >= REPEAT_MS;
    const packets = refusal.packets - known.packets;
    const isTold = packets > 0 && isDue;
    if (isTold) alarms.push({ ...refusal, packets });
    next.set(key, isTold ? { packets: refusal.packets, toldAtMs: nowMs } : known);
  }
  return { memory: next, alarms };
}
