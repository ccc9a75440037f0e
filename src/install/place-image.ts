import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, chown, open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '../host/exec.ts';
import { syncDirectory } from '../host/files.ts';
import { lookupUser, QEMU_USER } from '../host/users.ts';
import type { BuiltImage } from '../model/built-image.ts';
import { FILES } from '../model/file-modes.ts';

interface Placement {
  /** Finished disk in workDir and what its format is known to be. */
  disk: string;
  diskFormat: 'raw' | 'qcow2' | 'vmdk';
  name: string;
  imagesDir: string;
  workDir: string;
  signal: AbortSignal;
  /** The last moment to refuse what was made. */
  beforePlacing?: () => Promise<void>;
}

/**
 * Turns a disk into our form of an image and moves it to its place in one rename: qcow2, because it stays small
 * wherever it is copied and its hash reads what is stored, where a raw file is all its virtual size.
 */
export async function placeImage(
  placement: Placement,
): Promise<Pick<BuiltImage, 'path' | 'format' | 'virtualSizeBytes' | 'storedBytes' | 'sha256'>> {
  const { disk, diskFormat, name, imagesDir, workDir, signal } = placement;
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/.test(name)) throw new Error(`${name} is no file name for an image`);
  const made = join(workDir, `${name}.qcow2`);
  await exec('qemu-img', ['convert', '-f', diskFormat, '-O', 'qcow2', disk, made], { signal, timeoutMs: 3_600_000 });
  const info = await exec('qemu-img', ['info', '-f', 'qcow2', '--output=json', made], { signal });
  const { 'virtual-size': virtualSizeBytes } = JSON.parse(info.stdout) as { 'virtual-size': number };
  const sha256 = await hashFile(made, 'sha256', signal);
  // QEMU's user reads it as the parent of its guests' disks, and nobody else does: it may come from a file that was private.
  const group = lookupUser(QEMU_USER);
  if (group !== null && process.getuid?.() === 0) await chown(made, 0, group.gid);
  await chmod(made, FILES.image.mode);
  const file = await open(made, 'r');
  await file.sync().finally(() => file.close());
  const { blocks } = await stat(made);
  await placement.beforePlacing?.();
  signal.throwIfAborted();
  const path = join(imagesDir, `${name}.qcow2`);
  await rename(made, path);
  await syncDirectory(imagesDir);
  return { path, format: 'qcow2', virtualSizeBytes, storedBytes: blocks * 512, sha256 };
}

/** Lower-case hex of the file's content. */
export async function hashFile(path: string, algorithm: 'sha256' | 'sha512', signal?: AbortSignal): Promise<string> {
  const hash = createHash(algorithm);
  const options = { highWaterMark: 1024 * 1024, ...(signal === undefined ? {} : { signal }) };
  for await (const chunk of createReadStream(path, options)) hash.update(chunk);
  return hash.digest('hex');
}
