import { type Parsed, parsed, rejected } from './parsed.ts';

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;
export const TIB = 1024 * GIB;

const UNITS: Record<string, number> = {
  '': 1,
  b: 1,
  k: KIB,
  kib: KIB,
  kb: 1000,
  m: MIB,
  mib: MIB,
  mb: 1000 ** 2,
  g: GIB,
  gib: GIB,
  gb: 1000 ** 3,
  t: TIB,
  tib: TIB,
  tb: 1000 ** 4,
};

/**
 * Reads a size into bytes. Suffixes `K M G T` and `KiB …` are powers of 1024, `kB MB GB TB` powers of 1000.
 *
 *     10GiB -> 10737418240    512M -> 536870912    1.5GiB -> 1610612736    1GB -> 1000000000
 */
export function parseSize(text: string): Parsed<number> {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = match?.[2] === undefined ? undefined : UNITS[match[2].toLowerCase()];
  if (match?.[1] === undefined || unit === undefined) return rejected('a size such as 512MiB or 10GiB');
  const bytes = Number(match[1]) * unit;
  if (!Number.isSafeInteger(Math.round(bytes))) return rejected('a size below 8 PiB');
  return parsed(Math.round(bytes));
}

const STEPS: readonly (readonly [number, string])[] = [
  [TIB, 'TiB'],
  [GIB, 'GiB'],
  [MIB, 'MiB'],
  [KIB, 'KiB'],
];

/** Bytes for people, the largest unit that stays exact to a tenth: `1610612736 -> 1.5GiB`. */
export function formatSize(bytes: number): string {
  for (const [unit, name] of STEPS) {
    if (bytes >= unit) return `${Number((bytes / unit).toFixed(1))}${name}`;
  }
  return `${bytes}B`;
}
