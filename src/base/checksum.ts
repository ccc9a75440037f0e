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
