import { stat } from 'node:fs/promises';
import { FILE_MAX_BYTES, readStart } from '../base/bounded-file.ts';

/** The process that holds a POSIX lock on the file (/proc/locks of proc(5)), or null. */
export async function findLockHolder(path: string): Promise<number | null> {
  const { dev, ino } = await stat(path);
  // <sys/sysmacros.h>: gnu_dev_major and gnu_dev_minor, below 2^20.
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  const file = `${hex(major)}:${hex(minor)}:${ino}`;
  for (const line of (await readStart('/proc/locks', FILE_MAX_BYTES)).toString().split('\n')) {
    // 1: POSIX  ADVISORY  WRITE 519 fe:00:262155 1073741824 1073742335; a `->` after the number waits for the lock.
    const [, type, , , pid, where] = line.split(/\s+/);
    if (type === 'POSIX' && where === file && Number(pid) > 0) return Number(pid);
  }
  return null;
}

function hex(number: number): string {
  return number.toString(16).padStart(2, '0');
}
