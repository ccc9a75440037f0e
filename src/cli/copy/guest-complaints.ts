import type { ErrorCode } from '../../base/error-codes.ts';
import { LodgeError } from '../../base/errors.ts';

interface Cause {
  /** As strerror of glibc and of musl has it, and tar of GNU and of busybox. */
  said: RegExp;
  /** Without one it is COMMAND_FAILED. */
  code?: ErrorCode;
  words: string;
  /** In the other direction, where that has other words. */
  reading?: string;
  hint?: (guest: string) => string;
}

const room = (guest: string) => `how full its disks are: lodge exec ${guest} -- df -h`;

const CAUSES: readonly Cause[] = [
  {
    said: /no space left on device|wrote only \d+ of \d+ bytes/i,
    code: 'DISK_FULL',
    words: 'the disk is full in the guest',
    hint: room,
  },
  { said: /disk quota exceeded/i, code: 'DISK_FULL', words: 'the quota of the account is used up in the guest' },
  { said: /file too large/i, code: 'DISK_FULL', words: 'is larger than its file system takes in the guest' },
  { said: /read-only file system/i, words: 'is on a read-only file system in the guest' },
  {
    said: /permission denied|operation not permitted/i,
    words: 'the account may not write there in the guest',
    reading: 'the account may not read it in the guest',
  },
  { said: /(?:input\/output|i\/o) error/i, words: 'the disk reports an error in the guest' },
  { said: /device or resource busy/i, words: 'is in use in the guest: something is mounted there' },
  {
    said: /file ?name too long/i,
    words: 'the path is too long in the guest: a name has at most 255 bytes, a path 4095',
  },
  { said: /file shrank by|short read/i, words: 'became shorter in the guest while it was read' },
  {
    said: /no such file or directory/i,
    words: 'nothing can be made there in the guest',
    reading: 'vanished in the guest while it was copied',
  },
];

/** `tar: ./a/b: Cannot open: Permission denied`, and in busybox `tar: can't open 'a/b': Permission denied`; our own scripts' `/etc: Permission denied`. */
const NAMED = [
  /^(?:\w+: )?(?:can't|cannot) [a-z ]+ '(.+?)'(?: to '.+')?: /,
  /^tar: (.+?): (?:Cannot |Wrote only |File shrank |Read error )/,
  /^(\/?[^:]+): [^:]+$/,
];
const TOOLS = /^(?:tar|cat|mv|mkdir|rm|sh|lodge-cp)$/;

/**
 * What a tool of the guest complained of, as an error in our words; null when it is nothing that is known. The first complaint is the one
 * from which the others come.
 *
 * @param nameOf what a name in the archive is to the user
 */
export function explainComplaint(
  guest: string,
  lines: readonly string[],
  { reading, nameOf }: { reading: boolean; nameOf: (name: string) => string },
): LodgeError | null {
  for (const line of lines) {
    const cause = CAUSES.find(({ said }) => said.test(line));
    if (cause === undefined) continue;
    const name = NAMED.map((form) => form.exec(line)?.[1]).find((one) => one !== undefined && !TOOLS.test(one));
    const words = (reading ? cause.reading : undefined) ?? cause.words;
    const subject = name === undefined ? '' : `${nameOf(name)}: `;
    return new LodgeError(cause.code ?? 'COMMAND_FAILED', `${guest}: ${subject}${words}`, {
      hint: cause.hint?.(guest),
    });
  }
  return null;
}
