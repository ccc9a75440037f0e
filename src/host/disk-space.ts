import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError } from './files.ts';

/** Room on the file system under a path, for root. `totalInodes` is 0 where the file system has no such limit (btrfs). */
export interface DiskSpaceFacts {
  path: string;
  freeBytes: number;
  totalBytes: number;
  freeInodes: number;
  totalInodes: number;
}

/** A path that is not there yet is judged by its nearest parent that is. */
export async function observeDiskSpace(path: string): Promise<DiskSpaceFacts> {
  try {
    const found = await statfs(path);
    return {
      path,
      freeBytes: found.bavail * found.bsize,
      totalBytes: found.blocks * found.bsize,
      freeInodes: found.ffree,
      totalInodes: found.files,
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && path !== '/') return observeDiskSpace(dirname(path));
    throw fileError(error, `cannot tell the free space of ${path}`);
  }
}
