import type { GuestSpec } from './guest.ts';

/** A field of the spec that the running QEMU has otherwise than it is wanted: its next start takes it. */
export interface PendingChange {
  field: PendingField;
  /** Absent where the values are nobody's to read in passing. */
  running?: unknown;
  wanted?: unknown;
}

export type PendingField = (typeof AT_START)[number];

/** What a QEMU takes only when it starts. Disk, CD, ports and the two policies are changed in the running one. */
const AT_START = [
  'memoryMiB',
  'vcpus',
  'machine',
  'firmware',
  'cpu',
  'accel',
  'keymap',
  'watchdog',
  'boot',
  'sshKeys',
  'userData',
] as const satisfies readonly (keyof GuestSpec)[];

/** What waits for the next start: compared by value, so that a value that is set back waits no more. */
export function pendingChanges(running: GuestSpec, wanted: GuestSpec): PendingChange[] {
  return AT_START.flatMap((field) => {
    const values = { running: atStart(running, field), wanted: atNextStart(wanted, field) };
    if (JSON.stringify(values.running) === JSON.stringify(values.wanted)) return [];
    return [field === 'userData' ? { field } : { field, ...values }];
  });
}

/** The `once` it was started with is used up. */
function atStart(spec: GuestSpec, field: PendingField): unknown {
  return field === 'boot' ? { order: spec.boot.order, once: null } : spec[field];
}

function atNextStart(spec: GuestSpec, field: PendingField): unknown {
  return field === 'boot' ? { order: spec.boot.order, once: spec.boot.once } : spec[field];
}

/** The spec of a running QEMU after a change that it has taken at once. */
export function withLiveChanges(running: GuestSpec, wanted: GuestSpec): GuestSpec {
  const { disk, iso, nic, restartPolicy, startWithHost } = wanted;
  return { ...running, disk, iso, nic, restartPolicy, startWithHost };
}
