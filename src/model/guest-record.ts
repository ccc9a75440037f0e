import type { Accelerator, GuestPhase, GuestSpec } from './guest.ts';

/** A guest as the store keeps it: what is wanted of it, and what was last known of it. */
export interface GuestRecord {
  spec: GuestSpec;
  phase: GuestPhase;
  /** What the owner last asked for: the restart policy and the host's boot only act on `running`. */
  wanted: 'running' | 'stopped';
  generation: number;
  /** By which the guest has a user of its own on the host (`model/unix-ids.ts`); no two guests have the same. */
  userIndex: number;
  /** Generation whose QEMU runs, null when none does. */
  runningGeneration: number | null;
  /** What the running QEMU is, with what was changed in it since; null when none runs, or an older Lodge started it. */
  runningSpec: GuestSpec | null;
  /** Accelerator of the running QEMU, or of the last one. */
  accel: Accelerator | null;
  /** `boot_id` of the host's boot in which QEMU was started: another one means the host rebooted meanwhile. */
  bootId: string | null;
  /** false until QEMU has run once, and again when a new `once=` is set: `-boot once=` counts only then. */
  hasBooted: boolean;
  /** Restarts by policy since the guest last ran for long: the back-off counts them. */
  restartCount: number;
  lastError: string | null;
  createdAtMs: number;
  startedAtMs: number | null;
}
