import { RENAME_LINK, unsayable } from './unsayable.ts';

/**
 * A word of a line for `ip -batch`. A # cuts the line wherever it stands, in quotes too; a word that begins with a quote ends at the next
 * one of its kind, and in the middle of a word a quote is itself (lib/utils.c of iproute2, getcmdline and makeargs).
 *
 *     eth0 -> eth0    it's -> it's    'x -> "'x"    a b -> "a b"    a#b -> refused
 *
 * @throws STATE_REFUSED
 */
export function ipBatchWord(word: string): string {
  if (/[#\n]/.test(word))
    throw unsayable(word, 'ip -batch', 'it takes a # for the beginning of a comment', RENAME_LINK);
  if (/^[^\s'"][^\s]*$/.test(word) && !word.endsWith('\\')) return word;
  const quote = word.includes('"') ? "'" : '"';
  if (word.includes(quote)) throw unsayable(word, 'ip -batch', 'it has both kinds of quotes', RENAME_LINK);
  return `${quote}${word}${quote}`;
}
