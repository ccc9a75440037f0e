import type { FileHandle } from 'node:fs/promises';

/**
 * A text that is another one as soon as the file's content was written to or replaced: device, inode, size, and both times to
 * the nanosecond. The change time is the kernel's: nobody can set it back.
 */
export async function fileMark(file: FileHandle): Promise<string> {
  const status = await file.stat({ bigint: true });
  return [status.dev, status.ino, status.size, status.mtimeNs, status.ctimeNs].join(':');
}
