import { open } from 'node:fs/promises';
import { isLodgeError, LodgeError } from '../base/errors.ts';
import { formatSize, GIB } from '../base/size.ts';
import { exec } from '../host/exec.ts';
import { fileError, removeTree } from '../host/files.ts';
import type { DiskFormat } from '../model/guest.ts';
import { bytesIn, type ImageToolUser, readToolAnswer, runImageTool } from './image-tool.ts';

const QEMU_IMG = 'qemu-img';
/** Making and growing write headers only; a slow disk under load still answers within this. */
const IMAGE_TIMEOUT_MS = 120_000;

export interface ImageInfo {
  /** What the file says it is; the format that was asked for is what it was read as. */
  format: string;
  /** Size the guest sees. */
  virtualSizeBytes: number;
  /** Bytes the file takes on the host. */
  storedBytes: number;
  /** Absolute path of the parent, null when there is none. */
  backingPath: string | null;
}

/**
 * Reads an image's header. Without a format QEMU guesses it from the content: only for files nobody untrusted has
 * written to as raw, because a guest can write a header that names any file of the host as parent.
 *
 * @throws NOT_AN_IMAGE, FILE_NOT_FOUND, COMMAND_MISSING.
 */
export async function imageInfo(path: string, format?: string): Promise<ImageInfo> {
  // -U: reading the header of a disk in use is harmless, and the running QEMU holds its lock.
  const args = ['info', '-U', '--output=json', ...(format === undefined ? [] : ['-f', format]), path];
  const info = readToolAnswer(await qemuImg(args, path));
  return {
    format: String(info.format),
    virtualSizeBytes: bytesIn(info, 'virtual-size'),
    storedBytes: Number(info['actual-size'] ?? 0),
    backingPath: (info['full-backing-filename'] ?? info['backing-filename'] ?? null) as string | null,
  };
}

/** Makes a qcow2 whose content is its parent's until it is written. `sizeBytes` is at least the parent's. */
export async function createOverlay(overlay: {
  path: string;
  backing: { path: string; format: DiskFormat };
  sizeBytes: number;
}): Promise<void> {
  const { path, backing, sizeBytes } = overlay;
  const parent = await imageInfo(backing.path, backing.format);
  if (sizeBytes < parent.virtualSizeBytes) throw shrinkRefused(path, parent.virtualSizeBytes, sizeBytes);
  const args = ['create', '-q', '-f', 'qcow2', '-F', backing.format, '-b', backing.path, path, String(sizeBytes)];
  await makeImage(args, path);
}

/** Makes an empty disk that takes space only where it is written. */
export async function createDisk(disk: { path: string; format: DiskFormat; sizeBytes: number }): Promise<void> {
  await makeImage(['create', '-q', '-f', disk.format, disk.path, String(disk.sizeBytes)], disk.path);
}

/**
 * Grows a disk that no QEMU has open (a running guest's grows by `blockResize`). The same size is no error.
 *
 * @throws DISK_SHRINK_REFUSED with both sizes.
 */
export async function resizeDisk(
  path: string,
  format: DiskFormat,
  sizeBytes: number,
  owner: ImageToolUser,
): Promise<void> {
  const file = await open(path, 'r+').catch((error: unknown) => {
    throw fileError(error, `cannot open ${path}`);
  });
  try {
    // What a guest has written is read as the guest, and not as root.
    const run = { files: [file], as: owner, outputBytes: Math.max(2 * sizeBytes, GIB) };
    const told = await runImageTool(['info', '--output=json', '-f', format, '/dev/fd/3'], run);
    const virtualSizeBytes = bytesIn(readToolAnswer(told), 'virtual-size');
    if (sizeBytes < virtualSizeBytes) throw shrinkRefused(path, virtualSizeBytes, sizeBytes);
    if (sizeBytes > virtualSizeBytes) {
      await runImageTool(['resize', '-q', '-f', format, '/dev/fd/3', String(sizeBytes)], run);
    }
  } catch (error) {
    if (!isLodgeError(error, 'COMMAND_FAILED')) throw error;
    throw new LodgeError('QEMU_FAILED', `qemu-img cannot resize ${path}`, { cause: error });
  } finally {
    await file.close();
  }
}

/** A half-made file is no image: nothing is left of it. */
async function makeImage(args: string[], path: string): Promise<void> {
  try {
    await qemuImg(args, path);
  } catch (error) {
    await removeTree(path);
    throw error;
  }
}

async function qemuImg(args: string[], path: string): Promise<{ stdout: string }> {
  try {
    return await exec(QEMU_IMG, args, { timeoutMs: IMAGE_TIMEOUT_MS });
  } catch (error) {
    if (!isLodgeError(error, 'COMMAND_FAILED')) throw error;
    if (/No space left on device/.test(error.message)) {
      throw new LodgeError('DISK_FULL', `the disk is full: cannot write ${path}`, { hint: 'df -h', cause: error });
    }
    if (/No such file or directory/.test(error.message)) {
      throw new LodgeError('FILE_NOT_FOUND', `a file of ${path} is missing`, { cause: error });
    }
    if (args[0] !== 'info') throw new LodgeError('QEMU_FAILED', `qemu-img cannot ${args[0]} ${path}`, { cause: error });
    throw new LodgeError('NOT_AN_IMAGE', `${path} is no disk image that QEMU can read`, { cause: error });
  }
}

function shrinkRefused(path: string, fromBytes: number, toBytes: number): LodgeError {
  const sizes = `${formatSize(fromBytes)} to ${formatSize(toBytes)}`;
  return new LodgeError('DISK_SHRINK_REFUSED', `${path} cannot shrink from ${sizes}: what lies behind would be lost`, {
    hint: 'choose a size that is no smaller',
  });
}
