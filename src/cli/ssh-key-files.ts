import { readdirSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { type Parsed, parsed, rejected } from '../base/parsed.ts';
import { parseSshPublicKey } from '../model/ssh-public-key.ts';
import { readNamedFile } from './named-file.ts';

/** Far more than any collection of keys; a file of another kind is not read to its end. */
const LARGEST_BYTES = 1024 * 1024;

/** What a file of keys gave: the lines that are keys, and why others are not. */
export interface KeyFile {
  keys: string[];
  /** `line 3: no DSA key: …`, without the file's name. */
  leftOut: string[];
}

/** Where a user's keys are looked for. */
export interface KeyOwner {
  env: Readonly<Record<string, string | undefined>>;
  uid: number;
  /** Text of /etc/passwd. */
  passwd: string;
}

/** The keys of a `.pub` or authorized_keys file that the user named; refused when there is none in it. */
export function readNamedKeyFile(cwd: string): (path: string) => Parsed<KeyFile> {
  return (path) => {
    const file = readKeyFile(resolve(cwd, path));
    if (!file.ok || file.value.keys.length > 0) return file;
    const [first = ''] = file.value.leftOut;
    const rule = first === '' ? 'a file with an OpenSSH public key' : first.replace(/^line \d+: must be /, '');
    return rejected(rule, 'VALIDATION_FAILED');
  };
}

/**
 * The keys of `~/.ssh/*.pub`, and under sudo those of the user who called it, who is the one that will log in. What is no key is
 * left out and named: a file of somebody's home is no reason to fail.
 */
export function defaultPublicKeys(owner: KeyOwner): { keys: string[]; leftOut: string[]; directories: string[] } {
  const keys = new Map<string, string>();
  const leftOut: string[] = [];
  const directories = homesOf(owner).map((home) => join(home, '.ssh'));
  for (const directory of directories) {
    const names = publicKeyFiles(directory);
    if (!names.ok) leftOut.push(`${directory} (${names.reason})`);
    for (const name of names.ok ? names.value : []) {
      const path = join(directory, name);
      const file = readKeyFile(path);
      if (!file.ok) leftOut.push(`${path} (must be ${file.reason})`);
      else if (file.value.keys.length + file.value.leftOut.length === 0) leftOut.push(`${path} (has no key)`);
      else leftOut.push(...file.value.leftOut.map((why) => `${path} ${why}`));
      for (const key of file.ok ? file.value.keys : []) keys.set(identityOf(key), keys.get(identityOf(key)) ?? key);
    }
  }
  return { keys: [...keys.values()], leftOut, directories };
}

function homesOf({ env, uid, passwd }: KeyOwner): string[] {
  const entries = passwd.split('\n').map((line) => line.split(':'));
  const own = entries.find((fields) => fields[2] === String(uid))?.[5];
  const named = env.HOME !== undefined && isAbsolute(env.HOME) ? env.HOME : own;
  const caller = entries.find(([name]) => name !== '' && name === env.SUDO_USER)?.[5];
  return [...new Set([named, caller])].filter((home) => home !== undefined && isAbsolute(home)) as string[];
}

/** Names of `*.pub`; a certificate is passed over where the key it was made for lies beside it. */
function publicKeyFiles(directory: string): Parsed<string[]> {
  try {
    const names = readdirSync(directory)
      .filter((name) => name.endsWith('.pub'))
      .sort();
    return parsed(
      names.filter((name) => !names.includes(name.replace(/-cert\.pub$/, '.pub')) || !/-cert\.pub$/.test(name)),
    );
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? parsed([]) : rejected(code === 'ENOTDIR' ? 'is no directory' : 'cannot be read');
  }
}

function readKeyFile(path: string): Parsed<KeyFile> {
  const bytes = readNamedFile(path, LARGEST_BYTES);
  if (!bytes.ok) return bytes;
  const text = decode(bytes.value);
  if (text.includes('PRIVATE KEY---')) {
    return rejected('a public key: this is the private one, its twin ends in .pub', 'VALIDATION_FAILED');
  }
  const keys: string[] = [];
  const leftOut: string[] = [];
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const read = parseSshPublicKey(line);
    if (read.ok) keys.push(read.value.line);
    else leftOut.push(`line ${index + 1}: must be ${read.reason}`);
  }
  return parsed({
    keys,
    leftOut: leftOut.length > 3 ? [...leftOut.slice(0, 2), `${leftOut.length - 2} more lines`] : leftOut,
  });
}

/** Windows writes UTF-16, and UTF-8 with a mark before it. */
function decode(bytes: Buffer): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return bytes.toString(isUtf16 ? 'utf16le' : 'utf8').replace(/^\ufeff/, '');
}

function identityOf(line: string): string {
  const read = parseSshPublicKey(line);
  return read.ok ? read.value.identity : line;
}
