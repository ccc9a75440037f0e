import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CreateGuest } from '../api/types.ts';
import { type Parsed, parsed, rejected } from '../base/parsed.ts';
import { storedUserData } from '../model/user-data.ts';

const URL_LIKE = /^[a-z][a-z0-9+.-]*:\/\//i;

/** The text of a file the user named, relative to where he is. */
export function readUserFile(cwd: string): (path: string) => Parsed<string> {
  return (path) => {
    const bytes = readBytes(resolve(cwd, path));
    return bytes.ok ? parsed(bytes.value.toString('utf8')) : bytes;
  };
}

function readBytes(path: string): Parsed<Buffer> {
  try {
    return parsed(readFileSync(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return rejected('a file that exists', 'FILE_NOT_FOUND');
    return rejected(`a file that can be read (${code})`);
  }
}

/** User-data is bytes: text goes as text, so that the daemon's JSON is readable, everything else as base64. */
export function readUserData(cwd: string): (path: string) => Parsed<Pick<CreateGuest, 'userData' | 'userDataBase64'>> {
  return (path) => {
    const bytes = readBytes(resolve(cwd, path));
    if (!bytes.ok) return bytes;
    const { userData, userDataBase64 } = storedUserData(bytes.value);
    return parsed(userDataBase64 === undefined ? { userData: userData ?? '' } : { userDataBase64 });
  };
}

/** Where an image is given by name, path or URL: a path of the user's becomes absolute, the others stay. */
export function resolveImage(text: string, cwd: string): string {
  if (URL_LIKE.test(text)) return text;
  if (text.includes('/')) return resolve(cwd, text);
  const isFile = /\.(qcow2|raw|img|vmdk)$/i.test(text) && existsSync(resolve(cwd, text));
  return isFile ? resolve(cwd, text) : text;
}

/** The source of an import is always a file or a URL. */
export function resolveImageSource(text: string, cwd: string): string {
  return URL_LIKE.test(text) ? text : resolve(cwd, text);
}
