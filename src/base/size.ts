import { type Parsed, parsed, rejected } from './parsed.ts';

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;
export const TIB = 1024 * GIB;

const UNITS: Record<string, number> = {
  k: KIB,
  kib: KIB,
  m: MIB,
  mib: MIB,
  g: GIB,
  gib: GIB,
  t: TIB,
  tib: TIB,
};
/** Powers of 1000 for those who sell disks, of 1024 for those who use them: which one is meant is asked. */
const AMBIGUOUS: Record<string, string> = { kb: 'KiB', mb: 'MiB', gb: 'GiB', tb: 'TiB' };

/** What a suggestion is made by. */
interface Likely {
  bareMiB?: number;
  takes?: (bytes: number) => boolean;
}

const RULE = 'a size such as 512MiB or 10GiB';

/**
 * Reads a size into bytes. The suffixes are powers of 1024; a number without one, and the powers of 1000, are refused with what was
 * probably meant: a disk of `20` or of `20GB` would be another one than its owner thinks.
 *
 *     10GiB -> 10737418240    512M -> 536870912    1.5GiB -> 1610612736
 *
 * @param likely for the suggestion: from how much on a number without a unit likely counts MiB and not GiB, and which sizes would be taken
 */
export function parseSize(text: string, likely: Likely = {}): Parsed<number> {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  if (number === undefined || unit === undefined) return unreadable(text, likely);
  const binary = AMBIGUOUS[unit.toLowerCase()];
  const meant = unit === '' ? likelySize(Number(number), likely.bareMiB ?? 1024) : binary && `${number}${binary}`;
  if (meant !== undefined) return rejected(ruleWith(meant, likely));
  const factor = UNITS[unit.toLowerCase()];
  if (factor === undefined) return unreadable(text, likely);
  const bytes = Math.round(Number(number) * factor);
  return Number.isSafeInteger(bytes) ? parsed(bytes) : rejected('a size below 8 PiB');
}

/** With what was likely meant: `1,5 GiB -> 1.5GiB`, `2gigs -> 2GiB`, `4 Gi -> 4GiB`, `1_024MiB -> 1024MiB` */
function unreadable(text: string, likely: Likely): Parsed<number> {
  const plain = text.trim().replace(/[_']/g, '').replace(',', '.');
  const [, number, letter] =
    /^(\d+(?:\.\d+)?)\s*([kmgt])(?:b|i|ib|ibs|igs?|egs?|eg|era|igabytes?|egabytes?|erabytes?|ilobytes?|i?bytes?)?\.?$/i.exec(
      plain,
    ) ?? [];
  if (number === undefined || letter === undefined) return rejected(RULE);
  return rejected(ruleWith(`${number}${binaryUnit(letter)}`, likely));
}

/** What would be refused as well is not offered. */
function ruleWith(meant: string, { takes = (bytes) => bytes > 0 }: Likely): string {
  const read = parseSize(meant);
  return read.ok && takes(read.value) ? `${RULE} (did you mean ${meant}?)` : RULE;
}

/** `g -> GiB`, `k -> KiB` */
function binaryUnit(letter: string): string {
  return `${letter.toUpperCase()}iB`;
}

/** What was meant by a number alone: `20 -> 20GiB`, `2048 -> 2048MiB`; one that large was bytes: `10737418240 -> 10GiB`. */
function likelySize(number: number, bareMiB: number): string {
  if (number >= MIB) return formatSize(number);
  return number >= bareMiB ? `${number}MiB` : `${number}GiB`;
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
