import { open } from 'node:fs/promises';
import { forTerminal } from '../../base/terminal-text.ts';
import { RUN_MARK } from '../../qemu/exit.ts';

const TAIL_BYTES = 64 * 1024;

/** The last lines of a log, without terminal control sequences; an absent file has none. */
export async function readTail(path: string, lines: number): Promise<string[]> {
  const text = forTerminal((await readTailBytes(path, TAIL_BYTES)).toString('utf8'));
  const all = text.split('\n');
  if (all.at(-1) === '') all.pop();
  // slice(-0) is all of them.
  return lines === 0 ? [] : all.slice(-lines);
}

/** The same of QEMU's last run alone: where a guest boots, an earlier boot's words would be told as this one's. */
export async function readRunTail(path: string, lines: number): Promise<string[]> {
  const all = await readTail(path, TAIL_BYTES);
  const ofThisRun = all.slice(all.findLastIndex((line) => line.startsWith(RUN_MARK)) + 1);
  return lines === 0 ? [] : ofThisRun.slice(-lines);
}

/** The last bytes of a file as they are; empty when there is none. */
export async function readTailBytes(path: string, bytes: number): Promise<Buffer> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return Buffer.alloc(0);
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - bytes);
    const buffer = Buffer.alloc(size - start);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
