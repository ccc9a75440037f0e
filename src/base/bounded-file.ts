import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { UnfitFile } from './file-fault.ts';
import { formatSize, MIB } from './size.ts';

/** More than any file of settings, keys or answers has, and little for whoever reads it. */
export const FILE_MAX_BYTES = 16 * MIB;

interface BoundedRead {
  /** One byte more is refused. */
  mostBytes?: number;
  /** A pipe is waited for, and a socket: a shell's `<(…)`, whose other end is ours. */
  takesPipes?: boolean;
}

/** Who opens a FIFO waits for its other end, and a terminal must not become ours. */
const LOOK = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
const PIECE_BYTES = 64 * 1024;
/** Linux's devices.txt: a link to it in the place of a file is how systemd, apt and QEMU's firmware are told to pass over one. */
const NULL_DEVICE = 0x103;

/**
 * The whole of a file, whoever wrote it: it is opened once, never waited for, and not read when it is no regular file or has more bytes
 * than it may. What the kernel makes up (/proc, /sys) is regular and has no size: its bytes are counted as they come. /dev/null is an empty
 * file.
 *
 * @throws UnfitFile; Node's own error where it cannot be opened
 */
export async function readBounded(path: string, mostBytes = FILE_MAX_BYTES): Promise<Buffer> {
  const file = await open(path, LOOK);
  try {
    const found = await file.stat();
    requireFit(path, found, mostBytes);
    const pieces = new Pieces(path, mostBytes, found.size);
    while (pieces.take((await file.read(pieces.room(), 0)).bytesRead));
    return pieces.whole();
  } finally {
    await file.close();
  }
}

/** The same at once, for a command that has nothing else to do. */
export function readBoundedSync(
  path: string,
  { mostBytes = FILE_MAX_BYTES, takesPipes = false }: BoundedRead = {},
): Buffer {
  const file = openSync(path, takesPipes ? LOOK & ~constants.O_NONBLOCK : LOOK);
  try {
    const found = fstatSync(file);
    requireFit(path, found, mostBytes, takesPipes);
    const pieces = new Pieces(path, mostBytes, found.size);
    while (pieces.take(readSync(file, pieces.room())));
    return pieces.whole();
  } finally {
    closeSync(file);
  }
}

/**
 * The first bytes of a file, however many there are: for what is known to be in its beginning.
 *
 * @param flags of open(2), more of them
 * @throws as `readBounded` does, but not for its size
 */
export async function readStart(path: string, mostBytes: number, flags = 0): Promise<Buffer> {
  const file = await open(path, LOOK | flags);
  try {
    requireFit(path, await file.stat());
    const buffer = Buffer.allocUnsafe(mostBytes);
    let bytes = 0;
    // The kernel gives of its own files a page at a time.
    for (let read = -1; read !== 0 && bytes < mostBytes; bytes += read) {
      read = (await file.read(buffer, bytes, mostBytes - bytes, bytes)).bytesRead;
    }
    return buffer.subarray(0, bytes);
  } finally {
    await file.close();
  }
}

/** The same at once. */
export function readStartSync(path: string, mostBytes: number): Buffer {
  const file = openSync(path, LOOK);
  try {
    requireFit(path, fstatSync(file));
    return readSyncFrom(file, 0, mostBytes);
  } finally {
    closeSync(file);
  }
}

/** The last bytes of what a file has from `from` on. */
export function readEndSync(path: string, from: number, mostBytes: number): Buffer {
  const file = openSync(path, LOOK);
  try {
    const found = fstatSync(file);
    requireFit(path, found);
    return readSyncFrom(file, Math.max(from, found.size - mostBytes), mostBytes);
  } finally {
    closeSync(file);
  }
}

/**
 * All of a stream that is none of ours, such as the standard input.
 *
 * @param name what it is called in the error
 * @throws UnfitFile as soon as there are more bytes than there may be
 */
export async function readBoundedStream(
  stream: AsyncIterable<Uint8Array>,
  name: string,
  mostBytes = FILE_MAX_BYTES,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw tooLarge(name, mostBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What stands at a path where a file should be. */
export function kindOf(found: Kinds): string {
  if (found.isDirectory()) return 'a directory';
  if (found.isFIFO()) return 'a FIFO';
  if (found.isSocket()) return 'a socket';
  return found.isBlockDevice() || found.isCharacterDevice() ? 'a device' : 'no file';
}

type Kinds = Record<'isDirectory' | 'isFIFO' | 'isSocket' | 'isBlockDevice' | 'isCharacterDevice', () => boolean>;

/** Reads until there is nothing more, and one byte further than there may be. */
class Pieces {
  readonly #path: string;
  readonly #mostBytes: number;
  #buffer: Buffer;
  #bytes = 0;

  constructor(path: string, mostBytes: number, sizeBytes: number) {
    this.#path = path;
    this.#mostBytes = mostBytes;
    // A byte more than it says: that it has ended is seen without another piece.
    this.#buffer = Buffer.allocUnsafe(sizeBytes > 0 ? sizeBytes + 1 : PIECE_BYTES);
  }

  room(): Buffer {
    if (this.#bytes === this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.min(2 * this.#bytes, this.#mostBytes + 1));
      this.#buffer.copy(larger, 0, 0, this.#bytes);
      this.#buffer = larger;
    }
    return this.#buffer.subarray(this.#bytes);
  }

  /** @returns whether there may be more */
  take(bytesRead: number): boolean {
    this.#bytes += bytesRead;
    if (this.#bytes > this.#mostBytes) throw tooLarge(this.#path, this.#mostBytes);
    return bytesRead > 0;
  }

  whole(): Buffer {
    return this.#buffer.subarray(0, this.#bytes);
  }
}

function readSyncFrom(file: number, from: number, mostBytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(mostBytes);
  let bytes = 0;
  for (let read = -1; read !== 0 && bytes < mostBytes; bytes += read) {
    read = readSync(file, buffer, bytes, mostBytes - bytes, from + bytes);
  }
  return buffer.subarray(0, bytes);
}

function requireFit(path: string, found: Stats, mostBytes = Number.POSITIVE_INFINITY, takesPipes = false): void {
  const isPipe = found.isFIFO() || found.isSocket();
  if (found.isDirectory()) throw new UnfitFile(path, 'is a directory, and no file', 'a file: this is a directory');
  if (!found.isFile() && !(isPipe && takesPipes) && found.rdev !== NULL_DEVICE) {
    const kind = kindOf(found);
    throw new UnfitFile(path, `is ${kind}, and no regular file`, `a regular file: this is ${kind}`);
  }
  if (found.size > mostBytes) throw tooLarge(path, mostBytes, found.size);
}

function tooLarge(path: string, mostBytes: number, sizeBytes?: number): UnfitFile {
  const most = formatSize(mostBytes);
  const has = (what: string) => (sizeBytes === undefined ? '' : `: ${what} has ${formatSize(sizeBytes)}`);
  return new UnfitFile(path, `is larger than ${most}${has('it')}`, `a file of at most ${most}${has('this')}`);
}
