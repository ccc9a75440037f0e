import { type Parsed, parsed, rejected } from '../base/parsed.ts';

const RULE = 'order=LETTERS,once=LETTERS with the letters c (disk), d (CD) and n (network)';

/** Reads QEMU's own spelling: `order=cd,once=d`; a bare `cd` is the order. Letters: c disk, d CD, n network. */
export function parseBootOrder(text: string): Parsed<{ order?: string; once?: string }> {
  const boot: { order?: string; once?: string } = {};
  for (const part of text.split(',')) {
    const [key, letters] = part.includes('=') ? part.split('=') : ['order', part];
    if ((key !== 'order' && key !== 'once') || !/^[cdn]+$/.test(letters ?? '')) return rejected(RULE);
    // The second would silently win: `c,d` is what others write for cd.
    if (boot[key] !== undefined) {
      const isList = /^[a-z](,[a-z])+$/.test(text);
      return rejected(
        isList ? `${RULE} (did you mean order=${text.replaceAll(',', '')}?)` : `${RULE}, each of the two once`,
      );
    }
    boot[key] = letters ?? '';
  }
  return parsed(boot);
}
