import { createHash } from 'node:crypto';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../host/files.ts';
import { lookupUser, QEMU_USER } from '../host/users.ts';
import type { BuiltImage } from '../model/built-image.ts';
import { FILES } from '../model/file-modes.ts';
import { bytesIn, imageToolUser, readToolAnswer, runImageTool } from '../qemu/image-tool.ts';

interface Placement {
  /** Finished disk that everybody may read, and what its format is known to be. */
  disk: FileHandle;
  diskFormat: 'raw' | 'qcow2' | 'vmdk';
  name: string;
  imagesDir: string;
  workDir: string;
  signal: AbortSignal;
  /** What the image may take on the disk. */
  maxBytes: number;
  /** The last moment to refuse what was made. */
  beforePlacing?: () => Promise<void>;
}

const CONVERT_TIMEOUT_MS = 3_600_000;

/**
 * Turns a disk into our form of an image and moves it to its place in one rename: qcow2, because it stays small
 * wherever it is copied and its hash reads what is stored, where a raw file is all its virtual size.
 */
export async function placeImage(
  placement: Placement,
): Promise<Pick<BuiltImage, 'path' | 'format' | 'virtualSizeBytes' | 'storedBytes' | 'sha256'>> {
  const { disk, diskFormat, name, imagesDir, workDir, signal, maxBytes } = placement;
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/.test(name)) throw new Error(`${name} is no file name for an image`);
  const made = join(workDir, `${name}.qcow2`);
  const file = await open(made, 'wx+', 0o600);
  try {
    const isRoot = process.getuid?.() === 0;
    const user = imageToolUser();
    if (isRoot) await file.chown(user.uid, user.gid);
    const words = ['convert', '-f', diskFormat, '-O', 'qcow2', '/dev/fd/3', '/dev/fd/4'];
    await runImageTool(words, { files: [disk, file], outputBytes: maxBytes, timeoutMs: CONVERT_TIMEOUT_MS, signal });
    const info = await runImageTool(['info', '-f', 'qcow2', '--output=json', '/dev/fd/3'], { files: [file], signal });
    const virtualSizeBytes = bytesIn(readToolAnswer(info), 'virtual-size');
    const sha256 = await hashFile(file, 'sha256', signal);
    // QEMU reads it as the parent of its guests' disks, and nobody else does: it may come from a file that was private.
    const group = lookupUser(QEMU_USER);
    if (isRoot) await file.chown(0, group?.gid ?? 0);
    await file.chmod(FILES.image.mode);
    await file.sync();
    const { blocks } = await file.stat();
    await placement.beforePlacing?.();
    signal.throwIfAborted();
    const path = join(imagesDir, `${name}.qcow2`);
    await rename(made, path);
    await syncDirectory(imagesDir);
    return { path, format: 'qcow2', virtualSizeBytes, storedBytes: blocks * 512, sha256 };
  } finally {
    await file.close();
  }
}

/** Lower-case hex of the file's content. */
export async function hashFile(
  file: FileHandle,
  algorithm: 'sha256' | 'sha512',
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm);
  const options = { highWaterMark: 1024 * 1024, ...(signal === undefined ? {} : { signal }) };
  for await (const chunk of file.createReadStream({ ...options, start: 0, autoClose: false })) hash.update(chunk);
  return hash.digest('hex');
}
