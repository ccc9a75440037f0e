import type { GuardReading } from '../model/network-facts.ts';

/** What was told of a guard so far. */
export interface GuardMemory {
  droppedFrames: number;
  macs: string[];
  toldAtMs: number | null;
}

interface GuardAlarm {
  /** Dropped since the last alarm. */
  frames: number;
  macs: string[];
}

export const NOTHING_TOLD: GuardMemory = { droppedFrames: 0, macs: [], toldAtMs: null };

/** A MAC that goes on sending is told of once in this time. */
const REPEAT_MS = 60_000;

/**
 * What there is to tell of a reading. A new MAC is told at once; that known ones go on, once a minute, with the frames of the whole minute.
 * The guard counts frames and not frames by MAC: where no MAC is new, all that were noted are named.
 *
 * @returns the memory to keep, and null where nothing is to be told
 */
export function compareGuard(
  told: GuardMemory,
  reading: GuardReading,
  nowMs: number,
): { memory: GuardMemory; alarm: GuardAlarm | null } {
  const memory = isSameGuard(told, reading) ? told : NOTHING_TOLD;
  const frames = reading.droppedFrames - memory.droppedFrames;
  const fresh = reading.foreignMacs.filter((mac) => !memory.macs.includes(mac));
  // The distance and not the difference: a clock that was set back must not silence the alarm.
  const isDue = memory.toldAtMs === null || Math.abs(nowMs - memory.toldAtMs) >= REPEAT_MS;
  if (frames === 0 || (fresh.length === 0 && !isDue)) return { memory, alarm: null };
  return {
    memory: { droppedFrames: reading.droppedFrames, macs: reading.foreignMacs, toldAtMs: nowMs },
    alarm: { frames, macs: fresh.length > 0 ? fresh : reading.foreignMacs },
  };
}

/** One that was loaded anew has begun at zero, with no MAC noted. */
function isSameGuard(told: GuardMemory, { droppedFrames, foreignMacs }: GuardReading): boolean {
  return droppedFrames >= told.droppedFrames && told.macs.every((mac) => foreignMacs.includes(mac));
}
