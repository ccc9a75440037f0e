import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Parsed, parsed, rejected } from '../base/parsed.ts';

const URL_LIKE = /^[a-z][a-z0-9+.-]*:\/\//i;
const PUBLIC_KEY = /^(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/]+=*/;

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

/** The OpenSSH public keys of a `.pub` or authorized_keys file, one a line. */
export function readPublicKeys(cwd: string): (path: string) => Parsed<string[]> {
  return (path) => {
    const text = readUserFile(cwd)(path);
    if (!text.ok) return text;
    if (text.value.includes('PRIVATE KEY'))
      return rejected('a public key: this is the private one, its twin ends in .pub');
    const keys = keyLines(text.value);
    return keys.length === 0 ? rejected('a file with an OpenSSH public key') : parsed(keys);
  };
}

/**
 * The keys of `~/.ssh/*.pub`; under sudo also those of the user who called it, who is the one that will log in.
 *
 * @param passwd text of /etc/passwd, which knows the home of SUDO_USER
 */
export function defaultPublicKeys(env: Readonly<Record<string, string | undefined>>, passwd: string): string[] {
  const homes = new Set<string>();
  if (env.HOME !== undefined) homes.add(env.HOME);
  const sudoHome = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name !== '' && name === env.SUDO_USER)?.[5];
  if (sudoHome !== undefined) homes.add(sudoHome);
  const keys = new Set<string>();
  for (const home of homes) {
    for (const file of listPublicKeyFiles(join(home, '.ssh'))) {
      for (const key of keyLines(readFileSync(file, 'utf8'))) keys.add(key);
    }
  }
  return [...keys];
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

function listPublicKeyFiles(directory: string): string[] {
  try {
    const files = readdirSync(directory).filter((name) => name.endsWith('.pub') && !name.endsWith('-cert.pub'));
    return files.sort().map((name) => join(directory, name));
  } catch {
    return [];
  }
}

function keyLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => PUBLIC_KEY.test(line));
}
