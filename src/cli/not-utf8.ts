import { readStartSync } from '../base/bounded-file.ts';
import { LodgeError } from '../base/errors.ts';
import { MIB } from '../base/size.ts';

const MARK = '\ufffd';
/** The kernel takes no more for a program (fs/exec.c, bprm_stack_limits: 6 MiB). */
const WORDS_MAX_BYTES = 8 * MIB;

/**
 * Node puts a mark in the place of every byte of a word that is no UTF-8. A name with marks is another name: a file that is not there, or
 * one that is made under a name that nobody typed.
 *
 * @throws USAGE when a word was typed that is not UTF-8
 */
export function refuseNotUtf8(words: readonly string[]): void {
  const marked = words.filter((word) => word.includes(MARK));
  if (marked.length === 0) return;
  const typed = new Set(wordsOfProcess());
  const lost = marked.find((word) => !typed.has(Buffer.from(word).toString('latin1')));
  if (lost === undefined) return;
  throw new LodgeError('USAGE', `the word ${JSON.stringify(lost)} is not UTF-8`, {
    hint: 'names that are typed have to be UTF-8; files of other names are copied in a directory that is named',
  });
}

/** The words of this process as bytes, one character each. */
function wordsOfProcess(): string[] {
  return readStartSync('/proc/self/cmdline', WORDS_MAX_BYTES).toString('latin1').split('\0');
}
