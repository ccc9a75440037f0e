import { type Parsed, parsed, rejected } from '../base/parsed.ts';

const UNITS: Record<string, number> = { ms: 1, '': 1000, s: 1000, min: 60_000, m: 60_000, h: 3_600_000 };

/** Reads a time into milliseconds: `90s -> 90000`, `2min -> 120000`, `500ms -> 500`; a bare number is seconds. */
export function parseDuration(text: string): Parsed<number> {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text.trim());
  const unit = match?.[2] === undefined ? undefined : UNITS[match[2]];
  if (match?.[1] === undefined || unit === undefined) return rejected('a time such as 90s or 2min');
  return parsed(Math.round(Number(match[1]) * unit));
}
