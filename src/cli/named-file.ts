import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { fileFaultOf } from '../base/file-fault.ts';
import { type Parsed, parsed, rejected } from '../base/parsed.ts';

/** Far more than anything that is sent to the daemon as text; a disk image named by mistake is not read to its end. */
const LARGEST_BYTES = 16 * 1024 * 1024;

/** What a shell's `<(…)` and `/dev/stdin` are: pipes of our own, whose other end writes and closes. */
const OWN_PIPE = /^\/(?:dev\/fd\/\d+|proc\/self\/fd\/\d+|dev\/stdin)$/;

/**
 * The bytes of a file that the user named. Never waits for a FIFO that nobody writes to, never reads what has no end; what is no file is
 * refused by its kind.
 */
export function readNamedFile(path: string, largestBytes = LARGEST_BYTES): Parsed<Buffer> {
  let file: number | undefined;
  try {
    const isOwnPipe = OWN_PIPE.test(path);
    // Whoever opens a FIFO waits for its other end, and whoever reads one without waiting gets nothing of it.
    file = openSync(path, constants.O_RDONLY | constants.O_NOCTTY | (isOwnPipe ? 0 : constants.O_NONBLOCK));
    const found = fstatSync(file);
    if (found.isDirectory()) return rejected('a file: this is a directory', 'VALIDATION_FAILED');
    if (!found.isFile() && !(isOwnPipe && (found.isFIFO() || found.isSocket())))
      return rejected(`a regular file: this is ${kindOf(found)}`, 'VALIDATION_FAILED');
    if (found.size > largestBytes)
      return rejected(`a file of at most ${largestBytes / 1024 / 1024}MiB`, 'VALIDATION_FAILED');
    return parsed(readFileSync(file));
  } catch (error) {
    return refused(path, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function refused(path: string, error: unknown): Parsed<Buffer> {
  const fault = fileFaultOf(error);
  if (fault === null) return rejected('a file that can be read', 'VALIDATION_FAILED');
  const { code } = error as NodeJS.ErrnoException;
  const isLink = code === 'ENOENT' && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return rejected(isLink ? 'a file: this link leads nowhere' : fault.mustBe, fault.code);
}

/** What stands at a path where a file should be. */
export function kindOf(found: Kinds): string {
  if (found.isDirectory()) return 'a directory';
  if (found.isFIFO()) return 'a FIFO';
  if (found.isSocket()) return 'a socket';
  return found.isBlockDevice() || found.isCharacterDevice() ? 'a device' : 'no file';
}

type Kinds = Record<'isDirectory' | 'isFIFO' | 'isSocket' | 'isBlockDevice' | 'isCharacterDevice', () => boolean>;
