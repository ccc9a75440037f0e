import { readFile } from 'node:fs/promises';
import type { LodgeInstance } from './lodge-instance.ts';

/** What the daemon's process has used: its memory now and at most, and the bytes that it has read, of sockets too. */
export async function usedByDaemon(lodge: LodgeInstance): Promise<{ now: number; most: number; read: number }> {
  const pid = await lodge.daemonPid();
  const [status, io] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readFile(`/proc/${pid}/io`, 'utf8'),
  ]);
  const kibibytes = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
  return { now: kibibytes('VmRSS'), most: kibibytes('VmHWM'), read: Number(/^rchar: (\d+)$/m.exec(io)?.[1]) };
}
