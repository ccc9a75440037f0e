import type { AgentReport } from './agent-report.ts';
import type { Accelerator, GuestPhase, GuestSpec } from './guest.ts';
import type { PendingChange } from './pending-change.ts';

/** A line of `lodge ls`: small, because a thousand of them are read at once. */
export interface GuestRow {
  name: string;
  phase: GuestPhase;
  ipv4: string | null;
  ipv6: string | null;
  memoryMiB: number;
  vcpus: number;
  image: string | null;
  /** There when something waits for the next start: what, and both values. Empty after a change that an older Lodge made. */
  pending?: PendingChange[];
}

export interface GuestDetail {
  spec: GuestSpec;
  phase: GuestPhase;
  /** Counts changes of the spec. A change may carry the generation it was made from and is refused when it is older. */
  generation: number;
  /** What the running QEMU is; null when none runs. `spec` is what is wanted. A daemon from before an upgrade does not say it. */
  running?: GuestSpec | null;
  /** Something waits for the next start. */
  pendingRestart: boolean;
  /** What waits, with both values; empty, too, for a guest that an older Lodge started and changed. */
  pending?: PendingChange[];
  pid: number | null;
  accel: Accelerator | null;
  startedAtMs: number | null;
  createdAtMs: number;
  /** Why the guest is in the phase `crashed` or `failed`. */
  lastError: string | null;
  /** Why the IPv6 address of its spec is not in use on this host; null when it is, or when it has none. */
  ipv6Off: string | null;
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
  ssh: {
    user: string;
    address: string | null;
    port: number;
    /** Lodge's own key and the known hosts of this guest, both root's to read. */
    identityFile: string;
    knownHostsFile: string;
    /** The public host keys that the guest was given, `ssh-ed25519 AAAA…`: for who may not read the file. */
    hostKeys: string[];
  };
  operation: string | null;
  /** Only when it is asked for: what the guest's agent says; null when none answers. */
  agent?: AgentReport | null;
}
