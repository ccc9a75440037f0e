import { lstatSync } from 'node:fs';
import { FILE_MAX_BYTES, readBoundedStream, readBoundedSync } from '../base/bounded-file.ts';
import { inOurWords } from '../base/errors.ts';
import { fileFaultOf } from '../base/file-fault.ts';
import { type Parsed, parsed, rejected } from '../base/parsed.ts';

/** What a shell's `<(…)` and `/dev/stdin` are: pipes of our own, whose other end writes and closes. */
const OWN_PIPE = /^\/(?:dev\/fd\/\d+|proc\/self\/fd\/\d+|dev\/stdin)$/;

/**
 * The bytes of a file that the user named. Never waits for a FIFO that nobody writes to, never reads what has no end, such as a disk image
 * that was named by mistake; what is no file is refused by its kind.
 */
export function readNamedFile(path: string, mostBytes = FILE_MAX_BYTES): Parsed<Buffer> {
  try {
    return parsed(readBoundedSync(path, { mostBytes, takesPipes: OWN_PIPE.test(path) }));
  } catch (error) {
    return refused(path, error);
  }
}

/**
 * All of the standard input, whatever it is: /dev/stdin cannot be opened where that is a socket.
 *
 * @throws VALIDATION_FAILED for more of it than anything that is sent to the daemon has
 */
export async function readStandardInput(stdin: AsyncIterable<Uint8Array>): Promise<Buffer> {
  try {
    return await readBoundedStream(stdin, 'the standard input');
  } catch (error) {
    throw inOurWords(error);
  }
}

function refused(path: string, error: unknown): Parsed<Buffer> {
  const fault = fileFaultOf(error);
  if (fault === null) return rejected('a file that can be read', 'VALIDATION_FAILED');
  const { code } = error as NodeJS.ErrnoException;
  const isLink = code === 'ENOENT' && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return rejected(isLink ? 'a file: this link leads nowhere' : fault.mustBe, fault.code);
}
