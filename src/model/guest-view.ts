import type { Accelerator, GuestPhase, GuestSpec } from './guest.ts';

/** A line of `lodge ls`: small, because a thousand of them are read at once. */
export interface GuestRow {
  name: string;
  phase: GuestPhase;
  ipv4: string | null;
  ipv6: string | null;
  memoryMiB: number;
  vcpus: number;
  image: string | null;
}

export interface GuestDetail {
  spec: GuestSpec;
  phase: GuestPhase;
  /** Counts changes of the spec. A change may carry the generation it was made from and is refused when it is older. */
  generation: number;
  /** What the running QEMU was started with, when the spec has moved on: applied by the next restart. */
  pendingRestart: boolean;
  pid: number | null;
  accel: Accelerator | null;
  startedAtMs: number | null;
  createdAtMs: number;
  /** Why the guest is in the phase `crashed` or `failed`. */
  lastError: string | null;
  /** From the balloon, when the guest runs and answers. */
  memoryActualMiB: number | null;
  diskStoredBytes: number | null;
  paths: {
    directory: string;
    disk: string;
    qmpSocket: string;
    serialSocket: string;
    vncSocket: string;
    serialLog: string;
    qemuLog: string;
  };
  ssh: { user: string; address: string | null; port: number; identityFile: string; knownHostsFile: string };
  operation: string | null;
}
