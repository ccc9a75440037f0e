/**
 * A word as a POSIX shell reads it back:
 *
 *     eth0 -> eth0    it's -> 'it'\''s'    '' -> ''
 */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_.,:/@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
