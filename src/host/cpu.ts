import { readFile } from 'node:fs/promises';

/** What /proc/cpuinfo says of the first processor, and how many there are. */
export interface CpuFacts {
  vendor: string;
  model: string;
  count: number;
  flags: string[];
}

export async function observeCpu(): Promise<CpuFacts> {
  return parseCpuinfo(await readFile('/proc/cpuinfo', 'utf8'));
}

export function parseCpuinfo(text: string): CpuFacts {
  const field = (name: string) => new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  return {
    vendor: field('vendor_id'),
    model: field('model name'),
    count: (text.match(/^processor\s*:/gm) ?? []).length,
    flags: field('flags')
      .split(' ')
      .filter((flag) => flag !== ''),
  };
}
