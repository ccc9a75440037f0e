import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '../host/exec.ts';

/** A copy of hundreds of gigabytes on a slow disk still ends within this. */
const COPY_TIMEOUT_MS = 3_600_000;

/**
 * A copy of an open file that qemu-img may read, whose user is nobody in particular: in a directory that only root enters. It shares
 * its blocks where the file system can, and stays sparse.
 */
export async function copyPrivate(handle: FileHandle, workDir: string, signal: AbortSignal): Promise<FileHandle> {
  const path = join(workDir, 'private');
  const args = ['--reflink=auto', '--sparse=auto', '--no-preserve=mode', '/proc/self/fd/3', path];
  await exec('cp', args, { descriptors: [handle.fd], timeoutMs: COPY_TIMEOUT_MS, signal });
  const copy = await open(path, 'r');
  await copy.chmod(0o644);
  return copy;
}
