import type { GuestPhase } from './guest.ts';
import type { Operation } from './operation.ts';

/** One line of `lodge events --json`. */
export type LodgeEvent = { seq: number; atMs: number } & (
  | { type: 'guest.phase'; guest: string; phase: GuestPhase; reason: string | null }
  | { type: 'guest.watchdog'; guest: string; action: string }
  | { type: 'guest.removed'; guest: string }
  | { type: 'image.added'; image: string }
  | { type: 'image.removed'; image: string }
  | { type: 'operation'; operation: Operation }
  | { type: 'daemon'; state: 'started' | 'stopping' }
);
