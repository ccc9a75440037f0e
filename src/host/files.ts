import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, chown, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LodgeError } from '../base/errors.ts';
import { fileFaultOf } from '../base/file-fault.ts';
import { makeTree } from '../base/make-tree.ts';

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

/** The file's text, or null when there is none. */
export async function readIfPresent(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
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
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => null);
  if (file === null) return null;
  try {
    if (!(await file.stat()).isFile()) return null;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
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
