import type { FileHandle } from 'node:fs/promises';
import { isLodgeError, LodgeError } from '../base/errors.ts';
import { fileError } from '../host/files.ts';
import { openScratch } from '../host/scratch-file.ts';
import type { ImageTraits } from '../model/image.ts';
import { imageToolUser, readToolAnswer, runImageTool } from '../qemu/image-tool.ts';
import { firmwaresOf, HEAD_BYTES, recogniseDisk } from './disk-format.ts';

export type DiskFileFormat = 'qcow2' | 'vmdk' | 'raw';

/** What a disk image is, told without work: the headers are read, and a qcow2's own tables. */
export interface InspectedDisk extends Omit<ImageTraits, 'name'> {
  format: DiskFileFormat;
}

/** An open file, and what the user calls it. */
export interface DiskFile {
  handle: FileHandle;
  source: string;
}

/**
 * Looks at a disk image that is to be imported. The firmwares stay unknown where qemu-img is not installed yet, and of a file that is
 * not open to everybody: what reads it is nobody in particular, and gets a copy when it is imported.
 *
 * @param scratchDir where a temporary file may be made
 * @throws NOT_AN_IMAGE with what was seen
 */
export async function inspectDisk(file: DiskFile, scratchDir: string, signal?: AbortSignal): Promise<InspectedDisk> {
  const { format, virtualSizeBytes } = await recogniseFile(file);
  try {
    if (!(await isOpenToAll(file.handle))) return { format, virtualSizeBytes, firmwares: null };
    await refuseBroken(file, format, signal);
    const head = await readGuestHead(file, format, scratchDir, signal);
    return { format, virtualSizeBytes, firmwares: firmwaresOf(head) };
  } catch (error) {
    if (!isLodgeError(error, 'COMMAND_MISSING')) throw error;
    return { format, virtualSizeBytes, firmwares: null };
  }
}

/** Whether qemu-img, which runs as nobody in particular, may open the file by its descriptor. */
export async function isOpenToAll(handle: FileHandle): Promise<boolean> {
  return ((await handle.stat()).mode & 0o004) !== 0;
}

/**
 * By the first bytes alone.
 * @throws NOT_AN_IMAGE
 */
export async function recogniseFile({
  handle,
  source,
}: DiskFile): Promise<{ format: DiskFileFormat; virtualSizeBytes: number }> {
  const recognised = recogniseDisk(await readHead(handle, source), (await handle.stat()).size);
  if (!recognised.ok) throw notAnImage(source, recognised.seen);
  return recognised;
}

/** qemu-img would convert an image that was cut off without a word, with zeros for what is missing. */
async function refuseBroken({ handle, source }: DiskFile, format: DiskFileFormat, signal?: AbortSignal): Promise<void> {
  if (format === 'raw') return;
  const files = [handle];
  const described = await runImageTool(['info', '--output=json', '-f', format, '/dev/fd/3'], { files, signal })
    .then(readToolAnswer)
    .catch((error) => {
      throw isToolFailure(error) ? notAnImage(source, `a broken ${format} image`, error) : error;
    });
  if (described['backing-filename'] !== undefined) throw notAnImage(source, `a ${format} image with a backing file`);
  const check = { files, okExitCodes: [0, 1, 2, 3, 63], signal };
  const words = ['check', '--output=json', '-f', format, '/dev/fd/3'];
  const { exitCode } = await runImageTool(words, check).catch((error) => {
    if (!isToolFailure(error)) throw error;
    throw notAnImage(source, `a ${format} image that takes more memory or time to read than any sound one`, error);
  });
  // 3 is leaked clusters, which cost space and no data; 63 a format without checks (qemu-img(1)).
  if (exitCode === 1 || exitCode === 2) throw notAnImage(source, `a ${format} image that is damaged or cut off`);
}

/** It said no, or met one of its limits: a file of which that is true is no image for us. */
export function isToolFailure(error: unknown): boolean {
  return isLodgeError(error, 'COMMAND_FAILED') || isLodgeError(error, 'TIMED_OUT');
}

async function readHead(handle: FileHandle, source: string): Promise<Uint8Array> {
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw fileError(error, `cannot read ${source}`);
  }
}

/** The disk's first sectors as the guest will see them. */
async function readGuestHead(
  { handle, source }: DiskFile,
  format: DiskFileFormat,
  scratchDir: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  if (format === 'raw') return readHead(handle, source);
  const head = await openScratch(scratchDir, imageToolUser());
  try {
    const words = ['dd', '-f', format, '-O', 'raw', 'bs=512', 'count=40', 'if=/dev/fd/3', 'of=/dev/fd/4'];
    await runImageTool(words, { files: [handle, head], signal }).catch((error) => {
      throw isToolFailure(error) ? notAnImage(source, `a broken ${format} image`, error) : error;
    });
    return await readHead(head, source);
  } finally {
    await head.close();
  }
}

export function notAnImage(source: string, seen: string, cause?: unknown): LodgeError {
  const hint = 'qcow2, raw and vmdk disks can be imported';
  return new LodgeError('NOT_AN_IMAGE', `${source} is no disk image: it is ${seen}`, { hint, cause });
}
