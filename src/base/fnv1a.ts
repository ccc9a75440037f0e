/**
 * FNV-1a, 32 bits, lower-case hex: a short stable mark of a text where `node:crypto` may not be imported.
 * Not for secrets.
 *
 *     '' -> 811c9dc5    'a' -> e40c292c
 */
export function fnv1aHex(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
