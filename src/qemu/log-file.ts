import { type FileHandle, open } from 'node:fs/promises';
import { sleep } from '../base/clock.ts';
import { droppedBytes, HEAD_BYTES, headOf } from './log-writer.ts';

/** While its writer moves the newer part into the older one's place, which takes milliseconds, a look is repeated. */
const LOOKS = 20;
const LOOK_AGAIN_MS = 5;

/** The older part of a log at one moment. What was ever written to the log is numbered from 0. */
interface OlderPart {
  /** Its first line; none in what an older Lodge has left. */
  headBytes: number;
  /** The first byte that is still there. */
  begin: number;
  /** Where the newer part begins. */
  end: number;
  isBeingMoved: boolean;
}

interface Piece {
  /** Where it was read, later than asked for when that is gone. */
  from: number;
  bytes: Buffer;
}

/** The last bytes of a log, of its older part too where the newer one has just begun; none when there is no log. */
export async function readLogTail(path: string, mostBytes: number): Promise<Buffer> {
  const log = await openLog(path).catch(() => null);
  if (log === null) return Buffer.alloc(0);
  try {
    return await log.readTail(mostBytes);
  } finally {
    await log.close();
  }
}

/** @throws the file system's own error when there is no log */
export async function openLog(path: string): Promise<LogFile> {
  const newer = await open(path, 'r');
  return new LogFile(newer, await open(`${path}.1`, 'r').catch(() => null));
}

/** Both parts of a log (`log-writer.ts`), read as one. The writer changes them in place, so that their handles stay good. */
export class LogFile {
  readonly #newer: FileHandle;
  readonly #older: FileHandle | null;

  constructor(newer: FileHandle, older: FileHandle | null) {
    this.#newer = newer;
    this.#older = older;
  }

  /** How much was ever written to it, as far as is known. */
  end(): Promise<number> {
    return this.#look(async ({ end }) => end + (await this.#newer.stat()).size);
  }

  /** Up to so many bytes from there on, or from the first that is left. */
  read(from: number, mostBytes: number): Promise<Piece> {
    return this.#look(async (older) => {
      // Somebody has emptied the file by hand.
      const end = older.end + (await this.#newer.stat()).size;
      return this.#readFrom(older, Math.min(end, Math.max(from, older.begin)), mostBytes);
    });
  }

  /** The last bytes; before all that is left stands how much is gone. */
  readTail(mostBytes: number): Promise<Buffer> {
    return this.#look(async (older) => {
      const end = older.end + (await this.#newer.stat()).size;
      const from = Math.max(older.begin, end - mostBytes);
      const { bytes } = await this.#readFrom(older, from, mostBytes);
      return older.begin > 0 && from === older.begin ? Buffer.concat([headOf(older.begin), bytes]) : bytes;
    });
  }

  async close(): Promise<void> {
    await this.#newer.close();
    await this.#older?.close();
  }

  async #readFrom(older: OlderPart, from: number, mostBytes: number): Promise<Piece> {
    const buffer = Buffer.alloc(mostBytes);
    const fromOlder = Math.min(mostBytes, Math.max(0, older.end - from));
    const at = older.headBytes + from - older.begin;
    const first = fromOlder === 0 ? 0 : ((await this.#older?.read(buffer, 0, fromOlder, at))?.bytesRead ?? 0);
    const second = await this.#newer.read(buffer, first, mostBytes - first, Math.max(0, from - older.end));
    return { from, bytes: buffer.subarray(0, first + second.bytesRead) };
  }

  /** A writer that died in the middle of moving leaves what it can: that is looked at in the end. */
  async #look<T>(at: (older: OlderPart) => Promise<T>): Promise<T> {
    for (let look = 0; look < LOOKS; look++) {
      const before = await this.#observeOlder();
      const seen = before.isBeingMoved ? null : { value: await at(before) };
      const after = await this.#observeOlder();
      if (seen !== null && !after.isBeingMoved && after.begin === before.begin && after.end === before.end) {
        return seen.value;
      }
      await sleep(LOOK_AGAIN_MS);
    }
    return at(await this.#observeOlder());
  }

  async #observeOlder(): Promise<OlderPart> {
    if (this.#older === null) return { headBytes: 0, begin: 0, end: 0, isBeingMoved: false };
    const { buffer, bytesRead } = await this.#older.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.toString('latin1', 0, bytesRead);
    const { size } = await this.#older.stat();
    const begin = droppedBytes(head);
    const isBeingMoved = bytesRead > 0 && head.trim() === '';
    if (begin === null && !isBeingMoved) return { headBytes: 0, begin: 0, end: size, isBeingMoved };
    return { headBytes: HEAD_BYTES, begin: begin ?? 0, end: (begin ?? 0) + size - HEAD_BYTES, isBeingMoved };
  }
}
