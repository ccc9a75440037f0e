import { trimEndOf } from '../base/trim-end.ts';

/** `255.255.255.192 -> 26`, `26 -> 26`; null is no mask. */
export function maskLength(text: string): number | null {
  if (/^\d+$/.test(text)) return Number(text) <= 32 ? Number(text) : null;
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return null;
  const bits = parts.map((part) => Number(part).toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(bits) ? trimEndOf(bits, '0').length : null;
}
