import { readFile } from 'node:fs/promises';

/** Seconds since the host came up (proc_uptime(5)): nobody can set this clock. */
export async function readUptimeSec(): Promise<number> {
  return Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]);
}
