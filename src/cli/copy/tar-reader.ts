import { LodgeError } from '../../base/errors.ts';
import { trimEndOf } from '../../base/trim-end.ts';
import { BLOCK, checksum, paddingOf, type TarHeader } from './tar-format.ts';

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
/** Names and times of one entry; no honest one comes near it. */
const EXTENSION_MAX_BYTES = 64 * 1024;
/** Of them one after the other: a name, the target of a link, what holds for all. */
const EXTENSIONS_MAX = 8;
/** No tree that anybody copies has so many; what is left out costs the guest nothing. */
const ENTRIES_MAX = 10_000_000;
/** After its end an archive is filled up to a record: GNU's tar writes 10 KiB, some half a megabyte. */
const FILLING_MAX_BYTES = 1024 * 1024;

/** What is done with an archive's entries, in their order. */
export interface TarTarget {
  begin(header: TarHeader): void;
  data(bytes: Buffer): void;
  end(): void;
}

type State =
  | { at: 'header' }
  | { at: 'extension'; type: string; missing: number; padding: number; pieces: Buffer[] }
  | { at: 'data'; missing: number; padding: number }
  | { at: 'padding'; missing: number }
  | { at: 'over'; filling: number };

interface Extension {
  name?: string;
  linkName?: string;
  size?: number;
  mtimeNs?: bigint;
}

/**
 * Reads an archive that a guest sends, piece by piece: ustar, pax and GNU's long names. It is strict, because the guest may be hostile:
 * what it does not know ends the copy. It holds one header or one extension, never a file.
 */
export class TarReader {
  readonly #target: TarTarget;
  #state: State = { at: 'header' };
  #held: Buffer = Buffer.alloc(0);
  #extension: Extension = {};
  #extensions = 0;
  #entries = 0;

  constructor(target: TarTarget) {
    this.#target = target;
  }

  /** Whether the archive's own end has come. */
  get isOver(): boolean {
    return this.#state.at === 'over';
  }

  /** @throws NOT_AN_ARCHIVE and what the target throws */
  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) rest = this.#step(rest);
  }

  /** Takes what it can of the bytes, and gives back the rest. */
  #step(bytes: Buffer): Buffer {
    const state = this.#state;
    switch (state.at) {
      case 'over':
        state.filling += bytes.length;
        if (state.filling > FILLING_MAX_BYTES) throw broken('an archive that goes on after its end');
        return Buffer.alloc(0);
      case 'padding':
        return this.#skip(state, bytes);
      case 'data': {
        const part = bytes.subarray(0, state.missing);
        this.#target.data(part);
        state.missing -= part.length;
        if (state.missing === 0) this.#endEntry(state.padding);
        return bytes.subarray(part.length);
      }
      case 'extension': {
        const part = bytes.subarray(0, state.missing);
        state.pieces.push(Buffer.from(part));
        state.missing -= part.length;
        if (state.missing === 0) this.#readExtension(state.type, Buffer.concat(state.pieces), state.padding);
        return bytes.subarray(part.length);
      }
      case 'header': {
        const needed = BLOCK - this.#held.length;
        this.#held = Buffer.concat([this.#held, bytes.subarray(0, needed)]);
        if (this.#held.length === BLOCK) {
          const block = this.#held;
          this.#held = Buffer.alloc(0);
          this.#readHeader(block);
        }
        return bytes.subarray(needed);
      }
    }
  }

  #skip(state: { missing: number }, bytes: Buffer): Buffer {
    const part = Math.min(state.missing, bytes.length);
    state.missing -= part;
    if (state.missing === 0) this.#state = { at: 'header' };
    return bytes.subarray(part);
  }

  #readHeader(block: Buffer): void {
    if (block.every((byte) => byte === 0)) {
      this.#state = { at: 'over', filling: 0 };
      return;
    }
    if (readNumber(block, 148, 8) !== checksum(block)) throw broken('a header with a wrong sum');
    const type = block.toString('latin1', 156, 157);
    const size = readNumber(block, 124, 12);
    if (size < 0) throw broken('a size below nothing');
    if ('xgLK'.includes(type)) {
      this.#extensions += 1;
      if (size > EXTENSION_MAX_BYTES || this.#extensions > EXTENSIONS_MAX) throw broken('a header without end');
      this.#state = { at: 'extension', type, missing: size, padding: paddingOf(size), pieces: [] };
      if (size === 0) this.#readExtension(type, Buffer.alloc(0), 0);
      return;
    }
    const header = this.#headerOf(block, type === '\0' || type === '7' ? '0' : type, size);
    this.#extension = {};
    this.#extensions = 0;
    this.#entries += 1;
    if (this.#entries > ENTRIES_MAX) throw broken(`more than ${ENTRIES_MAX} entries`);
    this.#target.begin(header);
    this.#state = { at: 'data', missing: header.size, padding: paddingOf(header.size) };
    if (header.size === 0) this.#endEntry(0);
  }

  #headerOf(block: Buffer, type: string, ownSize: number): TarHeader {
    const { name, linkName, size, mtimeNs } = this.#extension;
    // Only a file has bytes after its header; a size in another's is a trap between two readers.
    const bytes = type === '0' ? (size ?? ownSize) : 0;
    const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? readText(block, 345, 155) : '';
    const short = readText(block, 0, 100);
    return {
      name: name ?? (prefix === '' ? short : `${prefix}/${short}`),
      mode: readNumber(block, 100, 8),
      size: bytes,
      mtimeNs: mtimeNs ?? BigInt(readNumber(block, 136, 12)) * 1_000_000_000n,
      type,
      linkName: linkName ?? readText(block, 157, 100),
    };
  }

  #endEntry(padding: number): void {
    this.#target.end();
    this.#state = padding === 0 ? { at: 'header' } : { at: 'padding', missing: padding };
  }

  #readExtension(type: string, body: Buffer, padding: number): void {
    const text = trimEndOf(body.toString('latin1'), '\0');
    if (type === 'L') this.#extension.name = text;
    if (type === 'K') this.#extension.linkName = text;
    if (type === 'x') Object.assign(this.#extension, readPax(body.toString('latin1')));
    this.#state = padding === 0 ? { at: 'header' } : { at: 'padding', missing: padding };
  }
}

function readPax(text: string): Extension {
  const extension: Extension = {};
  for (let rest = text; rest !== ''; ) {
    const length = Number(/^\d{1,6}(?= )/.exec(rest)?.[0] ?? 0);
    const record = rest.slice(0, length);
    const [, key, value] = /^\d+ ([^=]+)=(.*)\n$/s.exec(record) ?? [];
    if (key === undefined || value === undefined || record.length !== length) throw broken('a header of another form');
    if (key === 'path') extension.name = value;
    if (key === 'linkpath') extension.linkName = value;
    if (key === 'size') extension.size = parseSize(value);
    if (key === 'mtime') extension.mtimeNs = parseSeconds(value);
    if (key.startsWith('GNU.sparse')) throw broken('a sparse file');
    rest = rest.slice(length);
  }
  return extension;
}

function parseSize(text: string): number {
  const size = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(size)) throw broken('a size that is no number');
  return size;
}

function parseSeconds(text: string): bigint {
  const [, sign, seconds, fraction = ''] = /^(-?)(\d{1,12})(?:\.(\d{1,30}))?$/.exec(text) ?? [];
  if (seconds === undefined) throw broken('a time that is no number');
  const ns = BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  return sign === '-' ? -ns : ns;
}

function readText(block: Buffer, at: number, length: number): string {
  const field = block.toString('latin1', at, at + length);
  const end = field.indexOf('\0');
  return end === -1 ? field : field.slice(0, end);
}

/** Octal digits, or GNU's binary form with the first bit set, the second one the sign: times before 1970 have it. */
function readNumber(block: Buffer, at: number, length: number): number {
  if (((block[at] ?? 0) & 0x80) !== 0) {
    let value = BigInt((block[at] ?? 0) & 0x7f);
    for (let index = at + 1; index < at + length; index++) value = value * 256n + BigInt(block[index] ?? 0);
    if (((block[at] ?? 0) & 0x40) !== 0) value -= 1n << BigInt(8 * length - 1);
    if (value > MAX_SAFE || value < -MAX_SAFE) throw broken('a number that is too large');
    return Number(value);
  }
  const text = block.toString('latin1', at, at + length).replace(/[\0 ]+/g, '');
  if (!/^[0-7]*$/.test(text)) throw broken('a number that is none');
  return text === '' ? 0 : Number.parseInt(text, 8);
}

export function broken(what: string): LodgeError {
  return new LodgeError('COMMAND_FAILED', `the guest sent ${what}: the copy was given up, and nothing of it kept`, {
    hint: 'the tar in the guest is not one that a copy understands, or it is not honest',
  });
}
