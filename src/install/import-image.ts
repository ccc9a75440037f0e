import { isAbsolute, join } from 'node:path';
import { type Checksum, parseChecksum } from '../base/checksum.ts';
import { isLodgeError, LodgeError, type Problem, validationError } from '../base/errors.ts';
import { withoutLogin } from '../base/proxy.ts';
import { fileMark } from '../host/file-mark.ts';
import { fileError, makeDirectory } from '../host/files.ts';
import type { BuiltImage } from '../model/built-image.ts';
import { downloadFile } from './download.ts';
import { inspectDisk, notAnImage, recogniseFile } from './inspect-disk.ts';
import { hashFile, placeImage } from './place-image.ts';

export interface ImportRequest {
  name: string;
  /** Absolute path of a qcow2, raw or vmdk file, or an http(s) URL of one. */
  source: string;
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
    const { format, firmwares } = await inspectDisk(file, source, workDir, signal);
    if (firmwares === null) throw new LodgeError('COMMAND_MISSING', 'there is no qemu-img', { hint: 'lodge setup' });
    onProgress('converting the image');
    const beforePlacing = () => refuseChanged(request);
    const placement = { disk: file, diskFormat: format, name, imagesDir, workDir, signal, beforePlacing };
    const placed = await placeImage(placement).catch((error) => Promise.reject(conversionError(error, source)));
    const imported = { mark: request.mark, checksum: request.checksum };
    return { ...placed, origin: source, identity: identity ?? 'nocloud', firmwares: [...firmwares], imported };
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
  await recogniseFile(request.source, request.source);
}

/** Half of one disk and half of another would be an image, too. */
async function refuseChanged({ source, mark }: ImportRequest): Promise<void> {
  if (mark === null || isUrl(source) || (await fileMark(source)) === mark) return;
  throw new LodgeError('CHECKSUM_MISMATCH', `${source} changed while it was imported`, {
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

function conversionError(error: unknown, source: string): unknown {
  return isLodgeError(error, 'COMMAND_FAILED')
    ? notAnImage(source, 'an image that qemu-img cannot read', error)
    : error;
}
