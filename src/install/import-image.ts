import { type FileHandle, open } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { type Caller, ROOT } from '../base/caller.ts';
import { type Checksum, isUrl, missingChecksum, parseChecksum } from '../base/checksum.ts';
import { LodgeError, type Problem, validationError } from '../base/errors.ts';
import { withoutLogin } from '../base/proxy.ts';
import { fileMark } from '../host/file-mark.ts';
import { fileError, makeDirectory } from '../host/files.ts';
import { openAs } from '../host/open-as.ts';
import type { BuiltImage } from '../model/built-image.ts';
import { downloadFile } from './download.ts';
import { roomOf } from './image-room.ts';
import { type DiskFile, inspectDisk, isOpenToAll, isToolFailure, notAnImage, recogniseFile } from './inspect-disk.ts';
import { hashFile, placeImage } from './place-image.ts';
import { copyPrivate } from './private-copy.ts';

export interface ImportRequest {
  name: string;
  /** Absolute path of a qcow2, raw or vmdk file, or an http(s) URL of one. */
  source: string;
  /** With whose rights the path is opened. */
  caller?: Caller;
  /** `sha256:HEX` or `sha512:HEX`; a URL needs one. */
  checksum: string | null;
  /** Null is `nocloud`: a seed that no one reads does no harm. */
  identity: 'nocloud' | 'none' | null;
  /** What `fileMark` said of the file when it was looked at: another one is refused. Null: nobody has looked. */
  mark: string | null;
  imagesDir: string;
  /** A directory of the import's own on the file system of imagesDir. The caller removes it, whatever happened. */
  workDir: string;
  onProgress: (detail: string) => void;
  signal: AbortSignal;
}

/**
 * Takes a foreign disk image in as imagesDir/NAME.qcow2. It is opened once, and its checksum is verified before anything reads it as an
 * image.
 *
 * @throws VALIDATION_FAILED, FILE_NOT_FOUND, PERMISSION_DENIED, DOWNLOAD_FAILED, CHECKSUM_MISMATCH, NOT_AN_IMAGE, DISK_FULL, CANCELLED
 */
export async function importImage(request: ImportRequest): Promise<BuiltImage> {
  const { name, source, identity, imagesDir, workDir, onProgress, signal } = request;
  const checksum = checkRequest(request);
  const opened: FileHandle[] = [];
  try {
    await makeDirectory(workDir, { mode: 0o700 });
    const named = isUrl(source) ? await download(request) : await openAs(source, request.caller ?? ROOT);
    opened.push(named);
    const mark = await fileMark(named);
    if (request.mark !== null && !isUrl(source) && mark !== request.mark) throw changed(source);
    const isReady = isUrl(source) || (await isOpenToAll(named));
    const handle = isReady ? named : await copyPrivate(named, workDir, signal);
    if (!isReady) opened.push(handle);
    const file: DiskFile = { handle, source };
    if (checksum !== null) {
      onProgress('verifying the checksum');
      await verifyChecksum(file, checksum, signal);
    }
    const { format, virtualSizeBytes, firmwares } = await inspectDisk(file, workDir, signal);
    if (firmwares === null) throw new LodgeError('COMMAND_MISSING', 'there is no qemu-img', { hint: 'lodge setup' });
    const maxBytes = await roomOf({ ...file, format, virtualSizeBytes }, imagesDir, signal);
    onProgress('converting the image');
    const beforePlacing = async () => {
      // Half of one disk and half of another would be an image, too.
      if ((await fileMark(named)) !== mark) throw changed(source);
    };
    const placement = { disk: handle, diskFormat: format, name, imagesDir, workDir, signal, maxBytes, beforePlacing };
    const placed = await placeImage(placement).catch((error) => {
      throw isToolFailure(error) ? notAnImage(source, 'an image that qemu-img cannot read', error) : error;
    });
    const imported = { mark: request.mark, checksum: request.checksum };
    return { ...placed, origin: source, identity: identity ?? 'nocloud', firmwares: [...firmwares], imported };
  } catch (error) {
    if (signal.aborted) throw new LodgeError('CANCELLED', `importing ${name} was cancelled`);
    throw error;
  } finally {
    for (const handle of opened) await handle.close();
  }
}

/** What a file that is to be imported is, as far as that can be told without any work. */
export interface LookedAt {
  mark: string;
  /** What it takes on the disk: of a sparse one only what is written. */
  storedBytes: number;
}

/**
 * What can be told of an import before it is begun.
 * @returns null for a URL: nothing is known of it before it is here
 * @throws VALIDATION_FAILED, FILE_NOT_FOUND, PERMISSION_DENIED, NOT_AN_IMAGE
 */
export async function lookAtImport(
  request: Pick<ImportRequest, 'source' | 'checksum'>,
  caller: Caller,
): Promise<LookedAt | null> {
  checkRequest(request);
  const { source } = request;
  if (isUrl(source)) return null;
  const handle = await openAs(source, caller);
  try {
    await recogniseFile({ handle, source });
    return { mark: await fileMark(handle), storedBytes: await storedBytesOf(handle) };
  } finally {
    await handle.close();
  }
}

export async function storedBytesOf(handle: FileHandle): Promise<number> {
  const { size, blocks } = await handle.stat();
  return Math.min(size, blocks * 512);
}

function changed(source: string): LodgeError {
  return new LodgeError('CHECKSUM_MISMATCH', `${source} changed while it was imported`, {
    hint: 'again, when nothing writes to it any more',
  });
}

function checkRequest({ source, checksum }: Pick<ImportRequest, 'source' | 'checksum'>): Checksum | null {
  const problems: Problem[] = [];
  if (!isUrl(source) && !isAbsolute(source)) {
    problems.push({ path: 'source', rule: 'must be an absolute path or an http(s) URL', value: source });
  }
  if (isUrl(source) && hasLogin(source)) {
    // It would be shown wherever the image's origin is.
    problems.push({ path: 'source', rule: 'must be a URL without a login in it', value: withoutLogin(source) });
  }
  const parsed = checksum === null ? null : parseChecksum(checksum);
  if (parsed?.ok === false) problems.push({ path: 'checksum', rule: `must be ${parsed.reason}`, value: checksum });
  problems.push(...missingChecksum(source, checksum));
  if (problems.length > 0) throw validationError('the import', problems);
  return parsed?.ok === true ? parsed.value : null;
}

function hasLogin(source: string): boolean {
  return URL.canParse(source) && (new URL(source).username !== '' || new URL(source).password !== '');
}

/** Nobody but root enters the directory: in it the file may be open to all, and so to qemu-img. */
async function download({ source, workDir, onProgress, signal }: ImportRequest): Promise<FileHandle> {
  const path = join(workDir, 'download');
  await downloadFile({ url: source, path, onProgress, signal });
  const handle = await open(path, 'r');
  await handle.chmod(0o644);
  return handle;
}

async function verifyChecksum({ handle, source }: DiskFile, wanted: Checksum, signal: AbortSignal): Promise<void> {
  const hex = await hashFile(handle, wanted.algorithm, signal).catch((error) => {
    throw signal.aborted ? error : fileError(error, `cannot read ${source}`);
  });
  if (hex === wanted.hex) return;
  throw new LodgeError(
    'CHECKSUM_MISMATCH',
    `${source} has ${wanted.algorithm}:${hex}, wanted was ${wanted.algorithm}:${wanted.hex}`,
    { hint: 'compare the checksum with what its publisher names, and download it anew' },
  );
}
