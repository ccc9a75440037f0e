import { formatSize, MIB, TIB } from '../base/size.ts';
import { GUEST_LIMITS } from './guest-defaults.ts';

/*
 * What a guest's numbers must be on every host. The command line asks here before anything is sent, the daemon again for whoever comes by
 * the API: one rule, one sentence. Each function returns what follows "must be", or null for a number that is right.
 */

const DISK_BYTES = { min: MIB, max: 64 * TIB } as const;

export function brokenMemoryRule(memoryMiB: number): string | null {
  const { min, max } = GUEST_LIMITS.memoryMiB;
  if (memoryMiB < min) return `at least ${formatSize(min * MIB)}`;
  if (memoryMiB > max) return `at most ${formatSize(max * MIB)}`;
  return Number.isInteger(memoryMiB) ? null : 'a whole number of MiB';
}

export function brokenDiskRule(sizeBytes: number): string | null {
  const { min, max } = DISK_BYTES;
  if (!(sizeBytes >= min && sizeBytes <= max)) return `between ${formatSize(min)} and ${formatSize(max)}`;
  return sizeBytes % 512 === 0 ? null : 'a multiple of 512 bytes';
}

/** Without the upper end for whoever asks for too few: on most hosts it is far lower. */
export function brokenVcpusRule(vcpus: number): string | null {
  const { min, max } = GUEST_LIMITS.vcpus;
  if (vcpus < min) return `at least ${min}`;
  if (vcpus > max) return `at most ${max}`;
  return Number.isInteger(vcpus) ? null : 'a whole number';
}

export function brokenConnectionsRule(count: number): string | null {
  const { min, max } = GUEST_LIMITS.maxConnections;
  return Number.isInteger(count) && count >= min && count <= max ? null : `a whole number from ${min} to ${max}`;
}
