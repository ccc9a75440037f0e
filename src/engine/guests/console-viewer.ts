import type { Duplex } from 'node:stream';
import { formatSize, KIB } from '../../base/size.ts';

/** Kept for a viewer who does not read; a screenful is 4 kB. */
const KEPT_BYTES = 256 * KIB;

/**
 * One who looks at a console. He is never waited for: the guest must not stop for him, nor the others. What he does not read in time is
 * dropped, and he is told how much where it is missing.
 */
export class ConsoleViewer {
  readonly #stream: Duplex;
  #dropped = 0;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('drain', () => this.#tell());
  }

  show(data: Uint8Array): void {
    if (this.#dropped > 0 || this.#stream.writableLength + data.length > KEPT_BYTES) this.#dropped += data.length;
    else this.#stream.write(data);
  }

  end(): void {
    this.#tell();
    this.#stream.end();
  }

  #tell(): void {
    if (this.#dropped === 0) return;
    const bytes = this.#dropped;
    this.#dropped = 0;
    const size = bytes < KIB ? '' : ` (${formatSize(bytes)})`;
    this.#stream.write(`\r\n[lodge: ${bytes} bytes${size} dropped: they came faster than they were read]\r\n`);
  }
}
