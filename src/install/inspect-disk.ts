import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isLodgeError, LodgeError } from '../base/errors.ts';
import { exec } from '../host/exec.ts';
import { fileError } from '../host/files.ts';
import type { ImageTraits } from '../model/image.ts';
import { firmwaresOf, HEAD_BYTES, recogniseDisk } from './disk-format.ts';

export type DiskFileFormat = 'qcow2' | 'vmdk' | 'raw';

/** What a disk image is, told without work: the headers are read, and a qcow2's own tables. */
export interface InspectedDisk extends Omit<ImageTraits, 'name'> {
  format: DiskFileFormat;
}

/**
 * Looks at a disk image that is to be imported. Where qemu-img is not installed yet the firmwares stay unknown.
 *
 * @param source what the user calls it
 * @param scratchDir where a temporary directory may be made
 * @throws FILE_NOT_FOUND, PERMISSION_DENIED, NOT_AN_IMAGE with what was seen
 */
export async function inspectDisk(
  file: string,
  source: string,
  scratchDir: string,
  signal?: AbortSignal,
): Promise<InspectedDisk> {
  const { format, virtualSizeBytes } = await recogniseFile(file, source);
  try {
    await refuseBroken(file, source, format, signal);
    const head = await readGuestHead(file, format, scratchDir, signal);
    return { format, virtualSizeBytes, firmwares: firmwaresOf(head) };
  } catch (error) {
    if (!isLodgeError(error, 'COMMAND_MISSING')) throw error;
    return { format, virtualSizeBytes, firmwares: null };
  }
}

/**
 * By the first bytes alone.
 * @throws FILE_NOT_FOUND, PERMISSION_DENIED, NOT_AN_IMAGE
 */
export async function recogniseFile(
  file: string,
  source: string,
): Promise<{ format: DiskFileFormat; virtualSizeBytes: number }> {
  const { head, sizeBytes } = await readHead(file, source);
  const recognised = recogniseDisk(head, sizeBytes);
  if (!recognised.ok) throw notAnImage(source, recognised.seen);
  return recognised;
}

/** qemu-img would convert an image that was cut off without a word, with zeros for what is missing. */
async function refuseBroken(file: string, source: string, format: DiskFileFormat, signal?: AbortSignal): Promise<void> {
  if (format === 'raw') return;
  const abortable = signal === undefined ? {} : { signal };
  const info = await exec('qemu-img', ['info', '--output=json', '-f', format, file], abortable).catch((error) => {
    throw isLodgeError(error, 'COMMAND_FAILED') ? notAnImage(source, `a broken ${format} image`, error) : error;
  });
  const described = JSON.parse(info.stdout) as { 'backing-filename'?: string };
  if (described['backing-filename'] !== undefined) throw notAnImage(source, `a ${format} image with a backing file`);
  const args = ['check', '--output=json', '-f', format, file];
  const options = { ...abortable, okExitCodes: [0, 1, 2, 3, 63], timeoutMs: 600_000 };
  const { exitCode } = await exec('qemu-img', args, options);
  // 3 is leaked clusters, which cost space and no data; 63 a format without checks (qemu-img(1)).
  if (exitCode === 1 || exitCode === 2) throw notAnImage(source, `a ${format} image that is damaged or cut off`);
}

async function readHead(file: string, source: string): Promise<{ head: Uint8Array; sizeBytes: number }> {
  try {
    const { size } = await refuseNonFile(file, source);
    const handle = await open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return { head: buffer.subarray(0, bytesRead), sizeBytes: size };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw isLodgeError(error) ? error : fileError(error, `cannot read ${source}`);
  }
}

async function refuseNonFile(file: string, source: string): Promise<{ size: number }> {
  const status = await stat(file);
  if (status.isFile()) return status;
  throw notAnImage(source, status.isDirectory() ? 'a directory' : 'no regular file');
}

/** The disk's first sectors as the guest will see them. */
async function readGuestHead(
  file: string,
  format: DiskFileFormat,
  scratchDir: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  if (format === 'raw') return (await readHead(file, file)).head;
  const directory = await mkdtemp(join(scratchDir, '.head-'));
  try {
    const head = join(directory, 'head.raw');
    const args = ['dd', '-f', format, '-O', 'raw', 'bs=512', 'count=40', `if=${file}`, `of=${head}`];
    await exec('qemu-img', args, signal === undefined ? {} : { signal });
    return (await readHead(head, file)).head;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export function notAnImage(source: string, seen: string, cause?: unknown): LodgeError {
  const hint = 'lodge image import takes qcow2, raw and vmdk disks';
  return new LodgeError('NOT_AN_IMAGE', `${source} is no disk image: it is ${seen}`, { hint, cause });
}
