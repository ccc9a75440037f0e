import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A file without a name, gone when it is closed, that one other user may write by its descriptor. */
export async function openScratch(directory: string, owner: { uid: number; gid: number }): Promise<FileHandle> {
  const path = join(directory, `.scratch-${randomBytes(6).toString('hex')}`);
  const file = await open(path, 'wx+', 0o600);
  try {
    await rm(path);
    if (process.getuid?.() === 0) await file.chown(owner.uid, owner.gid);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
