import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Parsed, parsed, rejected } from '../base/parsed.ts';

const URL_LIKE = /^[a-z][a-z0-9+.-]*:\/\//i;

/** The text of a file the user named, relative to where he is. */
export function readUserFile(cwd: string): (path: string) => Parsed<string> {
  return (path) => {
    try {
      return parsed(readFileSync(resolve(cwd, path), 'utf8'));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return rejected('a file that exists');
      return rejected(`a file that can be read (${code})`);
    }
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
