import type { Problem } from './errors.ts';
import { type Parsed, parsed, rejected } from './parsed.ts';

export interface Checksum {
  algorithm: 'sha256' | 'sha512';
  /** Lower case. */
  hex: string;
}

const HEX_DIGITS = { sha256: 64, sha512: 128 } as const;

/** `sha256:HEX` or `sha512:HEX`, of a whole file. */
export function parseChecksum(text: string): Parsed<Checksum> {
  const [algorithm = '', hex = '', ...more] = text.toLowerCase().split(':');
  const isKnown = algorithm === 'sha256' || algorithm === 'sha512';
  if (isKnown && more.length === 0 && /^[0-9a-f]+$/.test(hex) && hex.length === HEX_DIGITS[algorithm]) {
    return parsed({ algorithm, hex });
  }
  return rejected('sha256: and 64 hex digits or sha512: and 128');
}

export function isUrl(source: string): boolean {
  return /^https?:\/\//i.test(source);
}

/** What comes from elsewhere is known by its checksum alone. */
export function missingChecksum(source: string | undefined, checksum: string | null | undefined): Problem[] {
  if (source === undefined || !isUrl(source) || (checksum ?? null) !== null) return [];
  return [{ path: 'checksum', rule: 'must be given for a URL: sha256:HEX or sha512:HEX', value: undefined }];
}
