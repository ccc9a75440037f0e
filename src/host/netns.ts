import { readlink } from 'node:fs/promises';

/** The network namespace a process is in, as the kernel names it: `net:[4026531840]`; null when there is no such process. */
export async function readNetworkNamespace(pid: number | 'self'): Promise<string | null> {
  return readlink(`/proc/${pid}/ns/net`).catch(() => null);
}
