import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, chown, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readBounded, readStart } from '../base/bounded-file.ts';
import { LodgeError } from '../base/errors.ts';
import { fileFaultOf } from '../base/file-fault.ts';
import { makeTree } from '../base/make-tree.ts';
import { MIB } from '../base/size.ts';

interface WriteOptions {
  mode?: number;
  owner?: { uid: number; gid: number };
}

interface FileOptions extends WriteOptions {
  /** The file means nothing after a power cut: it is not flushed to the disk. Whole or not at all to every process all the same. */
  untilReboot?: boolean;
}

/** Writes a file whole or not at all: a new file beside it, flushed, then renamed over it. Default mode 0644. */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  options: FileOptions = {},
): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.new`;
  try {
    const file = await open(temporary, 'wx', options.mode ?? 0o644);
    try {
      await file.writeFile(content);
      await file.chmod(options.mode ?? 0o644);
      if (options.owner !== undefined) await file.chown(options.owner.uid, options.owner.gid);
      if (options.untilReboot !== true) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    if (options.untilReboot !== true) await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError(error, `cannot write ${path}`);
  }
}

/** A rename is on the disk only when its directory is. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Makes a directory and its parents (0755); mode and owner are set on the last one even when it was there. */
export async function makeDirectory(path: string, options: WriteOptions = {}): Promise<void> {
  try {
    makeTree(path);
    if (options.mode !== undefined) await chmod(path, options.mode);
    if (options.owner !== undefined) await chown(path, options.owner.uid, options.owner.gid);
  } catch (error) {
    throw fileError(error, `cannot make the directory ${path}`);
  }
}

export async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

export async function pathExists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Whether it is a regular file, or a link to one. */
export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** A million sockets or routes, of 150 bytes each, are a busy host's and nobody's attack. */
export const KERNEL_TABLE_MAX_BYTES = 256 * MIB;

/**
 * The file's text, or null when there is none. What is no regular file is not waited for, and what is too large not read.
 *
 * @throws VALIDATION_FAILED, PERMISSION_DENIED and whatever else `fileError` makes of it
 */
export async function readIfPresent(path: string, mostBytes?: number): Promise<string | null> {
  try {
    return (await readBounded(path, mostBytes)).toString();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fileError(error, `cannot read ${path}`);
  }
}

/**
 * The first bytes of a file that somebody hostile may have put there; null when there is none, or it is no file: a link is not followed, a
 * FIFO not waited for, a device not read.
 */
export async function readStrangeFile(path: string, maxBytes: number): Promise<string | null> {
  const bytes = await readStart(path, maxBytes, constants.O_NOFOLLOW).catch(() => null);
  return bytes?.toString('latin1') ?? null;
}

/** Gives the errors of the file system a code of ours, and its words (`explainError`): a full disk is DISK_FULL wherever it shows. */
export function fileError(error: unknown, message: string): LodgeError {
  const fault = fileFaultOf(error);
  if (fault === null) return new LodgeError('INTERNAL', message, { cause: error });
  const hint = fault.code === 'DISK_FULL' ? 'df -h, then lodge image ls' : fault.path && fault.hint?.(fault.path);
  return new LodgeError(fault.code, message, { hint: hint || undefined, cause: error });
}

/** Renames a file. False when there is none of that name (any more): whoever renames it first has it. */
export async function moveFile(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw fileError(error, `cannot rename ${from}`);
  }
}

/** Adds to the end of a file and does not come back before it is on the disk. */
export async function appendDurably(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, 'a', 0o600);
    try {
      await file.writeFile(text);
      await file.datasync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(error, `cannot write ${path}`);
  }
}
