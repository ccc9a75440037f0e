import type { Problem } from '../base/errors.ts';
import { formatSize, MIB } from '../base/size.ts';

interface MemoryFacts {
  availableBytes: number;
  swapFreeBytes: number;
}

/** What QEMU takes for itself at the least, beside the guest's memory. */
const QEMU_OWN_BYTES = 64 * MIB;

/** What a guest of this memory takes in time. */
export function memoryNeeded(memoryMiB: number): number {
  return memoryMiB * MIB + QEMU_OWN_BYTES;
}

/**
 * One problem, or none. A guest gets its memory page by page, and in time it takes all of it: one that does not fit into what is free
 * with the swap would be ended by the kernel, or another one would.
 */
export function guestMemoryProblem(memoryMiB: number, { availableBytes, swapFreeBytes }: MemoryFacts): Problem[] {
  if (!(memoryNeeded(memoryMiB) > availableBytes + swapFreeBytes)) return [];
  const free = `${wholeMiB(availableBytes)} of memory and ${wholeMiB(swapFreeBytes)} of swap are free`;
  const rule = `must fit what is free: ${free}, and QEMU takes ${wholeMiB(QEMU_OWN_BYTES)} beside it (lodge doctor)`;
  return [{ path: 'memoryMiB', rule, value: memoryMiB }];
}

function wholeMiB(bytes: number): string {
  return formatSize(Math.floor(bytes / MIB) * MIB);
}
