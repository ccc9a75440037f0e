import type { Readable } from 'node:stream';
import { LodgeError } from '../base/errors.ts';
import { formatSize, MIB } from '../base/size.ts';

/** What all bodies that are being read may hold together: a caller for each of a thousand connections must not fill the memory. */
const TOGETHER_BYTES = 32 * MIB;

/** Bodies of requests, each and all of them bounded. */
export class BodyReader {
  #heldBytes = 0;
  readonly #togetherBytes: number;

  constructor(togetherBytes: number = TOGETHER_BYTES) {
    this.#togetherBytes = togetherBytes;
  }

  /**
   * Reads a body to its end, and no byte more than it may have.
   *
   * @param claimed what Content-Length says; undefined where a body comes in chunks or there is none
   * @throws REQUEST_TOO_LARGE, before anything is read where it is said; TOO_BUSY; USAGE when it breaks off
   */
  async read(stream: Readable, claimed: number | undefined, mostBytes: number): Promise<Buffer> {
    if (claimed !== undefined && claimed > mostBytes) throw tooLarge(mostBytes);
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      await readAll(stream, (chunk) => {
        bytes += chunk.length;
        this.#heldBytes += chunk.length;
        if (bytes > mostBytes) throw tooLarge(mostBytes);
        if (this.#heldBytes > this.#togetherBytes) throw tooBusy('the requests that are being read are too large');
        chunks.push(chunk);
      });
      return Buffer.concat(chunks);
    } finally {
      this.#heldBytes -= bytes;
    }
  }
}

/** Not by `for await`, which destroys the stream when it is left: the answer goes out on the same connection. */
function readAll(stream: Readable, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (act: () => void) => {
      stream.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      act();
    };
    const onData = (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        stream.pause();
        finish(() => reject(error));
      }
    };
    const onEnd = () => finish(resolve);
    const onClose = () => finish(() => reject(new LodgeError('USAGE', 'the request ends in its middle')));
    stream.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}

function tooLarge(mostBytes: number): LodgeError {
  return new LodgeError('REQUEST_TOO_LARGE', `a request here may have ${formatSize(mostBytes)}`);
}

export function tooBusy(why: string): LodgeError {
  return new LodgeError('TOO_BUSY', `the daemon has too much to do at once: ${why}`, { hint: 'try again in a moment' });
}
