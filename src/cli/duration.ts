import { type Parsed, parsed, rejected } from '../base/parsed.ts';

const UNITS: Record<string, number> = { ms: 1, '': 1000, s: 1000, min: 60_000, m: 60_000, h: 3_600_000 };
const RULE = 'a time such as 90s or 2min';

/** Reads a time into milliseconds: `90s -> 90000`, `2min -> 120000`, `500ms -> 500`; a bare number is seconds. */
export function parseDuration(text: string): Parsed<number> {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text.trim());
  const unit = match?.[2] === undefined ? undefined : UNITS[match[2]];
  if (match?.[1] !== undefined && unit !== undefined) return parsed(Math.round(Number(match[1]) * unit));
  const meant = likelyDuration(text);
  return rejected(meant === undefined ? RULE : `${RULE} (did you mean ${meant}?)`);
}

/** `5000 -> 5s`, `3600000 -> 1h` */
function shortest(ms: number): string {
  return ms % 3_600_000 === 0 ? `${ms / 3_600_000}h` : `${ms / 1000}s`;
}

interface Range {
  min: number;
  max: number;
}

/** A time of an option that takes no other than these. */
export function durationWithin({ min, max }: Range): (text: string) => Parsed<number> {
  const isIn = (ms: number) => ms >= min && ms <= max;
  const ends = min === 0 ? `at most ${shortest(max)}` : `from ${shortest(min)} to ${shortest(max)}`;
  return (text) => {
    const read = parseDuration(text);
    if (read.ok) return isIn(read.value) ? read : rejected(ends);
    const meant = likelyDuration(text);
    const near = meant === undefined ? null : parseDuration(meant);
    return near?.ok === true && !isIn(near.value) ? rejected(ends) : read;
  };
}

/** `2 minutes -> 2min`, `90SEC -> 90s`, `1d -> 24h`, `1,5h -> 1.5h` */
function likelyDuration(text: string): string | undefined {
  const [, digits = '', word = ''] = /^(\d+(?:[.,]\d+)?)\s*([a-z]+)\.?$/i.exec(text.trim()) ?? [];
  const number = digits.replace(',', '.');
  const unit = word.toLowerCase();
  if (/^d(ays?)?$/.test(unit)) return `${Number(number) * 24}h`;
  if (/^(ms|millis.*)$/.test(unit)) return `${number}ms`;
  if (/^s(ec.*)?$/.test(unit)) return `${number}s`;
  if (/^m(in.*)?$/.test(unit)) return `${number}min`;
  return /^h(ours?|rs?)?$/.test(unit) ? `${number}h` : undefined;
}
