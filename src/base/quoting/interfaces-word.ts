import { shellWord } from './shell-word.ts';
import { unsayable } from './unsayable.ts';

/**
 * A word of a command in interfaces(5), which a shell runs. A line end is the end of the option, in quotes too.
 *
 *     192.0.2.0/24 -> 192.0.2.0/24    a b -> 'a b'
 *
 * @throws STATE_REFUSED
 */
export function interfacesWord(word: string): string {
  if (/[\r\n]/.test(word)) {
    throw unsayable(word, 'ifupdown', 'a line end ends its options', 'take it out of what is configured');
  }
  return shellWord(word);
}
