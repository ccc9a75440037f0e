import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isLodgeError, LodgeError } from '../base/errors.ts';
import { proxySettings } from '../base/proxy.ts';
import { formatSize, KIB, MIB } from '../base/size.ts';
import { observeDiskSpace } from '../host/disk-space.ts';
import { fileError } from '../host/files.ts';
import { downloadFailed } from './download-hint.ts';
import { httpGet } from './http-get.ts';

interface Download {
  url: string;
  path: string;
  onProgress: (detail: string) => void;
  signal: AbortSignal;
  /** What the answer has to begin within, and each 64 KiB of it have to come within; default 60,000 ms. */
  stallMs?: number;
  /** More than this is not taken; default 256 GiB, above any image in use. */
  maxBytes?: number;
}

const REPORT_EVERY_MS = 500;
/** A line of 10 kbit/s brings it within a minute. A server that sends less holds the download, and whoever waits for it. */
const LEAST_BYTES = 64 * KIB;
/** How much comes before it is looked whether there is still room: guests and other downloads use it up meanwhile. */
const ROOM_EVERY_BYTES = 16 * MIB;

/**
 * Downloads a URL into a new file, through the proxy that the daemon's environment names for it. What the server sends is bounded by
 * the room that there is, whatever it says of its size, and it may not take as long as it likes.
 * @throws DOWNLOAD_FAILED, DISK_FULL; the signal's reason when it is aborted
 */
export async function downloadFile(download: Download): Promise<void> {
  const { url, path, signal, stallMs = 60_000, maxBytes = 256 * 2 ** 30 } = download;
  const proxies = proxySettings(process.env);
  const pace = new Pace(stallMs);
  const file = await open(path, 'wx', 0o600).catch((error) => Promise.reject(fileError(error, `cannot write ${path}`)));
  try {
    const response = await httpGet(url, proxies, AbortSignal.any([signal, pace.signal]));
    try {
      const told = response.headers['content-length'];
      const sizeBytes = told === undefined ? null : Number(told);
      await requireRoom(path, 0, sizeBytes);
      if (sizeBytes !== null && sizeBytes > maxBytes) throw tooMuch(`it has ${formatSize(sizeBytes)}`, maxBytes);
      const report = progress(sizeBytes, download.onProgress);
      pace.begin();
      let received = 0;
      let looked = 0;
      for await (const chunk of response as AsyncIterable<Buffer>) {
        received += chunk.length;
        if (received > maxBytes) throw tooMuch('more came', maxBytes);
        if (received - looked >= ROOM_EVERY_BYTES) {
          await requireRoom(path, received, sizeBytes);
          looked = received;
        }
        await file.write(chunk).catch((error) => Promise.reject(fileError(error, `cannot write ${path}`)));
        report(received);
        pace.note(chunk.length);
      }
    } finally {
      response.destroy();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (isLodgeError(error)) throw error;
    const cause = pace.signal.aborted ? pace.signal.reason : error;
    throw downloadFailed(url, cause);
  } finally {
    pace.end();
    await file.close();
  }
}

/** Gives a download up in which nothing comes for a time, or next to nothing. */
class Pace {
  readonly #stallMs: number;
  readonly #stalled = new AbortController();
  #timer: NodeJS.Timeout;
  #bytes = 0;

  constructor(stallMs: number) {
    this.#stallMs = stallMs;
    this.#timer = this.#start();
  }

  get signal(): AbortSignal {
    return this.#stalled.signal;
  }

  note(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes >= LEAST_BYTES) this.begin();
  }

  begin(): void {
    this.end();
    this.#bytes = 0;
    this.#timer = this.#start();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #start(): NodeJS.Timeout {
    return setTimeout(() => {
      const what = this.#bytes === 0 ? 'nothing came for' : `only ${formatSize(this.#bytes)} came in`;
      this.#stalled.abort(new Error(`${what} ${this.#stallMs / 1000} s`));
    }, this.#stallMs);
  }
}

/**
 * It is written twice, as it came and as Lodge's form of an image. Of a size that the server does not tell, what came so far is all that
 * is known.
 */
async function requireRoom(path: string, received: number, sizeBytes: number | null): Promise<void> {
  const { freeBytes, path: place } = await observeDiskSpace(dirname(path));
  const needed = sizeBytes === null ? received : 2 * sizeBytes - received;
  if (needed <= freeBytes) return;
  const takes =
    sizeBytes === null
      ? `${formatSize(received)} came of a size that the server does not tell, it takes as much again`
      : `it takes ${formatSize(sizeBytes)} twice`;
  throw new LodgeError(
    'DISK_FULL',
    `the download has no room at ${place}: ${takes} while it is converted, and ${formatSize(freeBytes)} are free`,
    { hint: 'df -h, then lodge image ls' },
  );
}

function tooMuch(what: string, maxBytes: number): Error {
  return new Error(`${what}, and at most ${formatSize(maxBytes)} are taken`);
}

function progress(totalBytes: number | null, onProgress: (detail: string) => void): (received: number) => void {
  let reportedAtMs = 0;
  const total = totalBytes === null ? ', the server does not say of how much' : ` of ${formatSize(totalBytes)}`;
  return (received) => {
    const nowMs = Date.now();
    if (nowMs - reportedAtMs < REPORT_EVERY_MS) return;
    reportedAtMs = nowMs;
    onProgress(`downloading, ${formatSize(received)}${total}`);
  };
}
