import { stat } from 'node:fs/promises';
import { fileError } from './files.ts';

/**
 * A text that is another one as soon as the file's content was written to or replaced: device, inode, size, and both times to
 * the nanosecond. The change time is the kernel's: nobody can set it back.
 *
 * @throws FILE_NOT_FOUND, PERMISSION_DENIED
 */
export async function fileMark(path: string): Promise<string> {
  const status = await stat(path, { bigint: true }).catch((error: unknown) => {
    throw fileError(error, `cannot read ${path}`);
  });
  return [status.dev, status.ino, status.size, status.mtimeNs, status.ctimeNs].join(':');
}
