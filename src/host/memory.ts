import { readFile } from 'node:fs/promises';

/** /proc/meminfo in bytes. `availableBytes` is the kernel's estimate of what programs can get without swapping. */
export interface MemoryFacts {
  totalBytes: number;
  availableBytes: number;
  swapTotalBytes: number;
  swapFreeBytes: number;
}

export async function observeMemory(): Promise<MemoryFacts> {
  return parseMeminfo(await readFile('/proc/meminfo', 'utf8'));
}

export function parseMeminfo(text: string): MemoryFacts {
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024;
  return {
    totalBytes: bytes('MemTotal'),
    availableBytes: bytes('MemAvailable'),
    swapTotalBytes: bytes('SwapTotal'),
    swapFreeBytes: bytes('SwapFree'),
  };
}
