import { shellWord } from '../base/quoting/shell-word.ts';

/**
 * A command line with one option a line, each word quoted for a POSIX shell where it needs to be:
 *
 *     ['qemu', '-name', 'guest=a b', '-S'] -> qemu
 *                                             -name 'guest=a b'
 *                                             -S
 */
export function renderShellLines(words: readonly string[]): string[] {
  const lines: string[] = [];
  words.forEach((word, index) => {
    const quoted = shellWord(word);
    const last = lines.length - 1;
    const isValue = index > 1 && !word.startsWith('-') && words[index - 1]?.startsWith('-');
    if (isValue === true) lines[last] = `${lines[last]} ${quoted}`;
    else lines.push(quoted);
  });
  return lines;
}
