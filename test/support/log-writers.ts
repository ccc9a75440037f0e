import { readdir, readlink } from 'node:fs/promises';
import { processWords } from '../../src/host/process-identity.ts';
import type { GuestLog } from '../../src/model/layout.ts';

/** The processes that read the pipe of a log, QEMU apart. */
export async function findLogWriters({ pipe }: GuestLog): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).map(Number).filter((number) => number > 1)) {
    if (!(await processWords(pid))[0]?.startsWith('lodge-log')) continue;
    const fds = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const links = await Promise.all(fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
    if (links.includes(pipe)) found.push(pid);
  }
  return found;
}
