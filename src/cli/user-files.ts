import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CreateGuest } from '../api/types.ts';
import { isUrl } from '../base/checksum.ts';
import { inOurWords } from '../base/errors.ts';
import { fileFaultOf } from '../base/file-fault.ts';
import { type Parsed, parsed, rejected } from '../base/parsed.ts';
import { MIB } from '../base/size.ts';
import { parseImageName } from '../model/image.ts';
import { storedUserData, toBase64, USER_DATA_MAX_BYTES } from '../model/user-data.ts';
import { readNamedFile } from './named-file.ts';

const FILE_URL = /^file:/i;
const URL_LIKE = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * The absolute path of a file that the daemon is to read. What the user may not see root may: the daemon judges that.
 *
 * @param path relative to `cwd`
 */
export function fileThatIsThere(cwd: string): (path: string) => Parsed<string> {
  return (path) => {
    const absolute = resolve(cwd, path);
    const isAnyUrl = URL_LIKE.test(path) || FILE_URL.test(path);
    if (isAnyUrl && !existsSync(absolute)) return rejected(`a file's path, not a URL${pathMeant(path)}`);
    try {
      return statSync(absolute).isDirectory()
        ? rejected('a file: this is a directory', 'VALIDATION_FAILED')
        : parsed(absolute);
    } catch (error) {
      const fault = fileFaultOf(error);
      if (fault === null || fault.code === 'PERMISSION_DENIED') return parsed(absolute);
      return rejected(fault.mustBe, fault.code);
    }
  };
}

/**
 * User-data is bytes: text goes as text, so that the daemon's JSON is readable, everything else as base64. So does text with so many
 * characters that JSON escapes that the request would be too large; the daemon makes text of it again.
 */
export function readUserData(cwd: string): (path: string) => Parsed<Pick<CreateGuest, 'userData' | 'userDataBase64'>> {
  return (path) => {
    const bytes = readNamedFile(resolve(cwd, path));
    if (!bytes.ok) return bytes;
    // The daemon takes no request that is larger, and could not tell what of it was.
    const { length } = bytes.value;
    if (length > USER_DATA_MAX_BYTES)
      return rejected(`at most ${USER_DATA_MAX_BYTES / MIB}MiB: this has ${length} bytes`, 'VALIDATION_FAILED');
    const { userData, userDataBase64 = toBase64(bytes.value) } = storedUserData(bytes.value);
    const isText = userData !== null && Buffer.byteLength(JSON.stringify(userData)) <= MIB + userDataBase64.length;
    return parsed(isText ? { userData } : { userDataBase64 });
  };
}

/** A file's path or a URL that can be downloaded. Whether the file is there is not asked yet. */
export function parseImageSource(text: string): Parsed<string> {
  if (!FILE_URL.test(text) && (!URL_LIKE.test(text) || isUrl(text))) return parsed(text);
  return rejected(`a file's path or an http(s) URL${pathMeant(text)}`);
}

/** `file:///srv/a.img -> (did you mean /srv/a.img?)` */
function pathMeant(text: string): string {
  if (!FILE_URL.test(text)) return '';
  try {
    return ` (did you mean ${fileURLToPath(text)}?)`;
  } catch {
    // It names another host, or is no URL at all.
    return '';
  }
}

/** An image's name or URL, or a file that is there. */
export function imageThatIsThere(cwd: string): (text: string) => Parsed<string> {
  return (text) => {
    const source = parseImageSource(text);
    if (!source.ok) return rejected(`an image's name, ${source.reason}`);
    const image = resolveImage(text, cwd);
    return image.startsWith('/') ? fileThatIsThere(cwd)(image) : parsed(image);
  };
}

/** What a bare word ends in that is a file, where there is one: a disk, a CD, or either of them packed. */
const FILE_LIKE = /\.(qcow2|raw|img|vmdk|iso|vdi|vhdx?|qed|ova|xz|gz|bz2|zst|zip)$/i;

/** Where an image is given by name, path or URL: a path of the user's becomes absolute, the others stay. */
export function resolveImage(text: string, cwd: string): string {
  if (URL_LIKE.test(text)) return text;
  if (text.includes('/')) return resolve(cwd, text);
  const isNoName = FILE_LIKE.test(text) || !parseImageName(text).ok;
  return isNoName && existsSync(resolve(cwd, text)) ? resolve(cwd, text) : text;
}

/**
 * The source of an import is always a file or a URL.
 *
 * @throws FILE_NOT_FOUND and its like where the path leads to no file
 */
export function resolveImageSource(text: string, cwd: string): string {
  if (URL_LIKE.test(text)) return text;
  const path = resolve(cwd, text);
  try {
    statSync(path);
  } catch (error) {
    if (fileFaultOf(error)?.code !== 'PERMISSION_DENIED') throw inOurWords(error, text);
  }
  return path;
}
