import { type Parsed, parsed, rejected } from '../base/parsed.ts';

/** Reads QEMU's own spelling: `order=cd,once=d`; a bare `cd` is the order. Letters: c disk, d CD, n network. */
export function parseBootOrder(text: string): Parsed<{ order?: string; once?: string }> {
  const boot: { order?: string; once?: string } = {};
  for (const part of text.split(',')) {
    const [key, letters] = part.includes('=') ? part.split('=') : ['order', part];
    if ((key !== 'order' && key !== 'once') || !/^[a-z]+$/.test(letters ?? '')) {
      return rejected('order=LETTERS,once=LETTERS with the letters c (disk), d (CD) and n (network)');
    }
    boot[key] = letters ?? '';
  }
  return parsed(boot);
}
