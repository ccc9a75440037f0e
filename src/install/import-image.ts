import { open, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { type Checksum, parseChecksum } from '../base/checksum.ts';
import { isLodgeError, LodgeError, type Problem, validationError } from '../base/errors.ts';
import { withoutLogin } from '../base/proxy.ts';
import { exec } from '../host/exec.ts';
import { fileError, makeDirectory } from '../host/files.ts';
import type { BuiltImage } from '../model/built-image.ts';
import { firmwaresOf, HEAD_BYTES, recogniseDisk } from './disk-format.ts';
import { downloadFile } from './download.ts';
import { hashFile, placeImage } from './place-image.ts';

export interface ImportRequest {
  name: string;
  /** Absolute path of a qcow2, raw or vmdk file, or an http(s) URL of one. */
  source: string;
  /** `sha256:HEX` or `sha512:HEX`; a URL needs one. */
  checksum: string | null;
  /** Null is `nocloud`: a seed that no one reads does no harm. */
  identity: 'nocloud' | 'none' | null;
  imagesDir: string;
  /** A directory of the import's own on the file system of imagesDir. The caller removes it, whatever happened. */
  workDir: string;
  onProgress: (detail: string) => void;
  signal: AbortSignal;
}

/**
 * Takes a foreign disk image in as imagesDir/NAME.qcow2. Its checksum is verified before anything reads it as an image.
 *
 * @throws VALIDATION_FAILED, FILE_NOT_FOUND, DOWNLOAD_FAILED, CHECKSUM_MISMATCH, NOT_AN_IMAGE, DISK_FULL, CANCELLED
 */
export async function importImage(request: ImportRequest): Promise<BuiltImage> {
  const { name, source, identity, imagesDir, workDir, onProgress, signal } = request;
  const checksum = checkRequest(request);
  try {
    await makeDirectory(workDir, { mode: 0o700 });
    const file = isUrl(source) ? await download(request) : source;
    if (checksum !== null) {
      onProgress('verifying the checksum');
      await verifyChecksum(file, checksum, source, signal);
    }
    const diskFormat = await inspect(file, source, signal);
    onProgress('converting the image');
    const placement = { disk: file, diskFormat, name, imagesDir, workDir, signal };
    const firmwares = firmwaresOf(await readGuestHead(file, diskFormat, workDir, signal));
    const placed = await placeImage(placement).catch((error) => Promise.reject(conversionError(error, source)));
    return { ...placed, origin: source, identity: identity ?? 'nocloud', firmwares };
  } catch (error) {
    if (signal.aborted) throw new LodgeError('CANCELLED', `importing ${name} was cancelled`);
    throw error;
  }
}

/**
 * What can be told of an import without any work: before it is begun.
 * @throws VALIDATION_FAILED, FILE_NOT_FOUND, PERMISSION_DENIED, NOT_AN_IMAGE
 */
export async function refuseImport(request: Pick<ImportRequest, 'source' | 'checksum'>): Promise<void> {
  checkRequest(request);
  if (isUrl(request.source)) return;
  const { head, sizeBytes } = await readHead(request.source, request.source);
  const recognised = recogniseDisk(head, sizeBytes);
  if (!recognised.ok) throw notAnImage(request.source, recognised.seen);
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
  if (checksum === null && isUrl(source)) {
    problems.push({ path: 'checksum', rule: 'must be given for a URL: sha256:HEX or sha512:HEX', value: undefined });
  }
  if (problems.length > 0) throw validationError('image import', problems);
  return parsed?.ok === true ? parsed.value : null;
}

function isUrl(source: string): boolean {
  return /^https?:\/\//i.test(source);
}

function hasLogin(source: string): boolean {
  return URL.canParse(source) && (new URL(source).username !== '' || new URL(source).password !== '');
}

async function download({ source, workDir, onProgress, signal }: ImportRequest): Promise<string> {
  const path = join(workDir, 'download');
  await downloadFile({ url: source, path, onProgress, signal });
  return path;
}

async function verifyChecksum(file: string, wanted: Checksum, source: string, signal: AbortSignal): Promise<void> {
  const hex = await hashFile(file, wanted.algorithm, signal).catch((error) => {
    throw signal.aborted ? error : fileError(error, `cannot read ${source}`);
  });
  if (hex === wanted.hex) return;
  throw new LodgeError(
    'CHECKSUM_MISMATCH',
    `${source} has ${wanted.algorithm}:${hex}, wanted was ${wanted.algorithm}:${wanted.hex}`,
    { hint: 'compare the checksum with what its publisher names, and download it anew' },
  );
}

/** @throws NOT_AN_IMAGE with what was seen */
async function inspect(file: string, source: string, signal: AbortSignal): Promise<'qcow2' | 'vmdk' | 'raw'> {
  const { head, sizeBytes } = await readHead(file, source);
  const recognised = recogniseDisk(head, sizeBytes);
  if (!recognised.ok) throw notAnImage(source, recognised.seen);
  const { format } = recognised;
  if (format === 'raw') return format;
  const info = await exec('qemu-img', ['info', '--output=json', '-f', format, file], { signal }).catch((error) => {
    throw signal.aborted ? error : notAnImage(source, `a broken ${format} image`, error);
  });
  const described = JSON.parse(info.stdout) as { 'backing-filename'?: string };
  if (described['backing-filename'] !== undefined) throw notAnImage(source, `a ${format} image with a backing file`);
  await refuseCorrupt(file, source, format, signal);
  return format;
}

/** qemu-img would convert an image that was cut off without a word, with zeros for what is missing. */
async function refuseCorrupt(file: string, source: string, format: string, signal: AbortSignal): Promise<void> {
  const args = ['check', '--output=json', '-f', format, file];
  const { exitCode } = await exec('qemu-img', args, { signal, okExitCodes: [0, 1, 2, 3], timeoutMs: 600_000 });
  // 3 is leaked clusters, which cost space and no data (qemu-img(1)).
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
async function readGuestHead(file: string, format: string, workDir: string, signal: AbortSignal): Promise<Uint8Array> {
  const head = join(workDir, 'head.raw');
  await exec('qemu-img', ['dd', '-f', format, '-O', 'raw', 'bs=512', 'count=40', `if=${file}`, `of=${head}`], {
    signal,
  });
  return (await readHead(head, file)).head;
}

function conversionError(error: unknown, source: string): unknown {
  return isLodgeError(error, 'COMMAND_FAILED')
    ? notAnImage(source, 'an image that qemu-img cannot read', error)
    : error;
}

function notAnImage(source: string, seen: string, cause?: unknown): LodgeError {
  const hint = 'lodge image import takes qcow2, raw and vmdk disks';
  return new LodgeError('NOT_AN_IMAGE', `${source} is no disk image: it is ${seen}`, { hint, cause });
}
