import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  ftruncateSync,
  futimesSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { LodgeError } from '../../base/errors.ts';
import { fileFaultOf } from '../../base/file-fault.ts';
import type { KeptFree } from './kept-free.ts';
import type { TarHeader } from './tar-format.ts';
import { broken, type TarTarget } from './tar-reader.ts';

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** As many zeros as this make a hole. */
const HOLE = Buffer.alloc(4096);
const DEPTH_MAX = 200;
/** Their modes and times wait for the end, so each is remembered. */
const DIRECTORIES_MAX = 500_000;

/**
 * Writes entries into a directory that nobody else writes to, and nowhere else, whatever the guest sends: each parent must be a directory
 * that was made here, in this copy; nothing is overwritten; no link is followed. Set-user-ID bits and owners are the guest's own affair.
 */
export class Unpacker implements TarTarget {
  readonly #root: string;
  readonly #directories = new Map<string, Pick<TarHeader, 'mode' | 'mtimeNs'>>();
  readonly #leftOut: (name: string) => void;
  readonly #keptFree: KeptFree;
  readonly #ownerBits = process.getuid?.() === 0 ? 0 : 0o700;
  #hasTop = false;
  #file: { fd: number; header: TarHeader; position: number } | null = null;

  /** @param root absolute; the archive's own top is `root/0` */
  constructor(root: string, keptFree: KeptFree, leftOut: (name: string) => void) {
    this.#root = root;
    this.#keptFree = keptFree;
    this.#leftOut = leftOut;
  }

  begin(header: TarHeader): void {
    this.#keptFree.entry();
    try {
      this.#make(header);
    } catch (error) {
      throw explainFault(error, header.name);
    }
  }

  #make(header: TarHeader): void {
    const parts = this.#placeOf(header);
    const path = this.#pathOf(parts);
    if (header.type === '5') {
      if (this.#directories.size === DIRECTORIES_MAX) throw broken(`more than ${DIRECTORIES_MAX} directories`);
      mkdirSync(path, { mode: 0o700 });
      const { mode, mtimeNs } = header;
      this.#directories.set(parts.join('/'), { mode, mtimeNs });
    } else if (header.type === '0') {
      this.#file = { fd: openSync(path, NEW_FILE, 0o600), header, position: 0 };
    } else if (header.type === '2') {
      symlinkSync(Buffer.from(header.linkName, 'latin1'), path);
      lutimesSync(path, ...times(header));
    } else if (header.type === '1') {
      this.#link(header, path);
    } else if ('346'.includes(header.type)) {
      this.#leftOut(shown(header.name));
    } else {
      throw broken(`an entry of the unknown kind ${JSON.stringify(header.type)}`);
    }
  }

  data(bytes: Buffer): void {
    const file = this.#file;
    if (file === null) return;
    for (let start = 0; start < bytes.length; ) {
      const part = bytes.subarray(start, start + HOLE.length);
      if (part.length < HOLE.length || !part.equals(HOLE)) this.#write(file, part);
      file.position += part.length;
      start += part.length;
    }
  }

  end(): void {
    const file = this.#file;
    if (file === null) return;
    this.#file = null;
    try {
      ftruncateSync(file.fd, file.header.size);
      fchmodSync(file.fd, file.header.mode & 0o777);
      futimesSync(file.fd, ...times(file.header));
    } catch (error) {
      throw explainFault(error, file.header.name);
    } finally {
      closeSync(file.fd);
    }
  }

  /** Modes and times of directories, from the deepest up: what is put into one changes its time, and a mode may forbid it. */
  finish(): void {
    for (const [key, header] of [...this.#directories].reverse()) {
      const path = this.#pathOf(key === '' ? [] : key.split('/'));
      // Without root's rights nobody moves a directory that he may not write to: its last step would fail.
      chmodSync(path, (header.mode & 0o777) | this.#ownerBits);
      utimesSync(path, ...times(header));
    }
  }

  /** After a failure: nothing of it stays open. */
  abandon(): void {
    if (this.#file !== null) closeSync(this.#file.fd);
    this.#file = null;
  }

  /** What was made of the archive's top, null when nothing was. */
  result(): Buffer | null {
    return this.#hasTop ? this.#pathOf([]) : null;
  }

  /** The first entry is the top: a directory with the rest below it, or a file alone, whatever its name. */
  #placeOf(header: TarHeader): string[] {
    const parts = partsOf(header.name);
    if (!this.#hasTop) {
      if ('346'.includes(header.type)) return [];
      if (header.type === '5' && parts.length > 0)
        throw broken(`an entry outside of what was asked for: ${shown(header.name)}`);
      this.#hasTop = true;
      return [];
    }
    if (parts.length === 0 || !this.#directories.has(parts.slice(0, -1).join('/'))) {
      throw broken(`an entry outside of what was asked for: ${shown(header.name)}`);
    }
    return parts;
  }

  #write({ fd, header, position }: { fd: number; header: TarHeader; position: number }, part: Buffer): void {
    try {
      for (let done = 0; done < part.length; ) done += writeSync(fd, part, done, part.length - done, position + done);
    } catch (error) {
      throw explainFault(error, header.name);
    }
    this.#keptFree.bytes(part.length);
  }

  #link(header: TarHeader, path: Buffer): void {
    const target = partsOf(header.linkName);
    const isOurs = this.#directories.has(target.slice(0, -1).join('/'));
    const found = isOurs ? lstatSync(this.#pathOf(target), { throwIfNoEntry: false }) : undefined;
    if (found?.isFile() !== true)
      throw broken(`a link to something outside of what was asked for: ${shown(header.linkName)}`);
    linkSync(this.#pathOf(target), path);
  }

  #pathOf(parts: string[]): Buffer {
    return Buffer.concat([Buffer.from(this.#root), Buffer.from(['/0', ...parts].join('/'), 'latin1')]);
  }
}

/** `./a//b/ -> ['a', 'b']`; the archive's top is []. A file alone is its top as well. */
function partsOf(name: string): string[] {
  if (name.startsWith('/') || name.includes('\0') || name === '') throw broken(`an entry with the name ${shown(name)}`);
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || parts.length > DEPTH_MAX) throw broken(`an entry with the name ${shown(name)}`);
  return parts;
}

/** Told by the guest's own name: the one under which we unpack it is nobody's business. */
function explainFault(error: unknown, name: string): unknown {
  const fault = fileFaultOf(error);
  if (fault === null) return error;
  if ((error as NodeJS.ErrnoException).code === 'EEXIST') return broken(`the entry ${shown(name)} twice`);
  return new LodgeError(fault.code, `${shown(name)}, as the guest calls it: ${fault.says}`);
}

function times({ mtimeNs }: Pick<TarHeader, 'mtimeNs'>): [number | Date, number | Date] {
  // Seconds with a fraction: Node has no finer way. It takes a number before 1970 for now.
  const seconds = Number(mtimeNs) / 1e9;
  const time = seconds < 0 ? new Date(seconds * 1000) : seconds;
  return [time, time];
}

/** A name of the guest's in a line of ours. */
function shown(name: string): string {
  return JSON.stringify(Buffer.from(name, 'latin1').toString('utf8').slice(0, 100));
}
