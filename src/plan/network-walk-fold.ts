import type { WalkLine } from '../model/network-explanation.ts';

/** Taps of Lodge's guests are `lg` and a hash: a thousand of them are one line. */
export function isGuestTap(link: string | null): boolean {
  return link !== null && /^lg[0-9a-f]/.test(link);
}

/** The first lines, and how many were left out. */
export function folded(lines: WalkLine[], most: number, rest: string): WalkLine[] {
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most), { text: `… and ${lines.length - most} more`, meaning: rest }];
}
