import type { ForeignMac } from './foreign-mac.ts';
import type { GuestPhase } from './guest.ts';
import type { GuestShare } from './guest-share.ts';
import type { Operation } from './operation.ts';

/** One line of `lodge events --json`. */
export type LodgeEvent = { seq: number; atMs: number } & (
  | { type: 'guest.phase'; guest: string; phase: GuestPhase; reason: string | null }
  | { type: 'guest.watchdog'; guest: string; action: string }
  | { type: 'guest.removed'; guest: string }
  /** The guest has all of its share: `packets` of it, or to it, were refused since the last such event. */
  | { type: 'guest.limit'; guest: string; share: GuestShare; packets: number }
  | { type: 'image.added'; image: string }
  | { type: 'image.removed'; image: string }
  /**
   * The MAC guard kept `frames` frames from leaving since the last such event. `macs` are the new ones; where none is new, all that were
   * noted. `meaning`: what this provider does about such a MAC.
   */
  | { type: 'network.foreign-mac'; uplink: string; frames: number; macs: ForeignMac[]; meaning: string }
  | { type: 'operation'; operation: Operation }
  | { type: 'daemon'; state: 'started' | 'stopping' }
  /** Only in the stream of a listener that did not read in time, where `count` events were dropped; its `seq` is that of the last one. */
  | { type: 'events.missed'; count: number }
);
