import type { Problem } from '../base/errors.ts';
import { MIB } from '../base/size.ts';
import { spaceProblem } from './build-space.ts';

type FreeSpace = Parameters<typeof spaceProblem>[3];

/** apt on a minimal Debian 12: 18 packages bring 98 others, 244 MB unpacked and 57 MB as archives. QEMU is the half of it. */
const EACH = { system: 8 * MIB, archives: 2 * MIB };
const QEMU = { system: 120 * MIB, archives: 25 * MIB };

/** Room for packages: one problem for each file system that lacks it, before apt is asked. */
export function installProblems(
  missing: readonly string[],
  free: { system: FreeSpace; archives: FreeSpace },
): Problem[] {
  const needs = (part: 'system' | 'archives') =>
    missing.length * EACH[part] + (missing.includes('qemu-system-x86') ? QEMU[part] : 0);
  const work = `installing ${missing.length} Debian packages`;
  const need = (bytes: number) => ({ bytes, inodes: 40 * missing.length, reason: 'with what they depend on' });
  return [
    ...spaceProblem('packages', work, need(needs('system')), free.system),
    ...spaceProblem('packages', `${work} (their archives)`, need(needs('archives')), free.archives),
  ];
}
