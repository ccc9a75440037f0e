import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isLodgeError, LodgeError } from '../base/errors.ts';
import { proxySettings } from '../base/proxy.ts';
import { formatSize } from '../base/size.ts';
import { observeDiskSpace } from '../host/disk-space.ts';
import { fileError } from '../host/files.ts';
import { downloadFailed } from './download-hint.ts';
import { httpGet } from './http-get.ts';

interface Download {
  url: string;
  path: string;
  onProgress: (detail: string) => void;
  signal: AbortSignal;
  /** Give up when nothing has come for so long; default 60,000 ms. */
  stallMs?: number;
  /** More than this is not taken; default 256 GiB, above any image in use. */
  maxBytes?: number;
}

const REPORT_EVERY_MS = 500;

/**
 * Downloads a URL into a new file, through the proxy that the daemon's environment names for it.
 * @throws DOWNLOAD_FAILED, DISK_FULL; the signal's reason when it is aborted
 */
export async function downloadFile(download: Download): Promise<void> {
  const { url, path, signal, stallMs = 60_000, maxBytes = 256 * 2 ** 30 } = download;
  const proxies = proxySettings(process.env);
  const stalled = new AbortController();
  const giveUp = () => stalled.abort(new Error(`nothing came for ${stallMs / 1000} s`));
  let timer = setTimeout(giveUp, stallMs);
  const file = await open(path, 'wx', 0o600).catch((error) => Promise.reject(fileError(error, `cannot write ${path}`)));
  try {
    const response = await httpGet(url, proxies, AbortSignal.any([signal, stalled.signal]));
    const sizeBytes = Number(response.headers['content-length']);
    await refuseWithoutRoom(path, sizeBytes).catch((error: unknown) => {
      response.destroy();
      throw error;
    });
    const report = progress(sizeBytes, download.onProgress);
    let received = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received > maxBytes) throw new Error(`more than ${formatSize(maxBytes)} came`);
      await file.write(chunk).catch((error) => Promise.reject(fileError(error, `cannot write ${path}`)));
      report(received);
      clearTimeout(timer);
      timer = setTimeout(giveUp, stallMs);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (isLodgeError(error)) throw error;
    const cause = stalled.signal.aborted ? stalled.signal.reason : error;
    throw downloadFailed(url, cause);
  } finally {
    clearTimeout(timer);
    await file.close();
  }
}

/** Before the first byte: it is written twice, as it came and as Lodge's form of an image. */
async function refuseWithoutRoom(path: string, sizeBytes: number): Promise<void> {
  const { freeBytes, path: place } = await observeDiskSpace(dirname(path));
  if (!(2 * sizeBytes > freeBytes)) return;
  const sizes = `it takes ${formatSize(sizeBytes)} twice while it is converted, and ${formatSize(freeBytes)} are free`;
  throw new LodgeError('DISK_FULL', `the download has no room at ${place}: ${sizes}`, {
    hint: 'df -h, then lodge image ls',
  });
}

function progress(totalBytes: number, onProgress: (detail: string) => void): (received: number) => void {
  let reportedAtMs = 0;
  return (received) => {
    const nowMs = Date.now();
    if (nowMs - reportedAtMs < REPORT_EVERY_MS) return;
    reportedAtMs = nowMs;
    onProgress(`downloading, ${formatSize(received)}${totalBytes > 0 ? ` of ${formatSize(totalBytes)}` : ''}`);
  };
}
