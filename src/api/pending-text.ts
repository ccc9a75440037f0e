import { formatSize, MIB } from '../base/size.ts';
import type { PendingChange, PendingField } from '../model/pending-change.ts';

const NAMES: Partial<Record<PendingField, string>> = {
  memoryMiB: 'memory',
  sshKeys: 'SSH keys',
  userData: 'user-data',
  accel: 'accelerator',
  cpu: 'CPU',
};

/** `memory 2GiB`, `SSH keys`: what the next start brings. */
export function pendingText(change: PendingChange): string {
  const name = NAMES[change.field] ?? change.field;
  const value = wantedText(change);
  return value === null ? name : `${name} ${value}`;
}

/** Null where the value is too long for a line, or nobody's to read. */
export function wantedText({ field, wanted }: PendingChange): string | null {
  switch (field) {
    case 'memoryMiB':
      return formatSize(Number(wanted) * MIB);
    case 'boot': {
      const { order, once } = wanted as { order: string; once: string | null };
      return `order ${order}${once === null ? '' : `, once ${once}`}`;
    }
    case 'sshKeys':
    case 'userData':
      return null;
    default:
      return String(wanted);
  }
}
