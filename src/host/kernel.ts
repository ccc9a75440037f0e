import { readFile } from 'node:fs/promises';
import { exec } from './exec.ts';

/** A new one at each boot of the host: what was measured under another one is stale. */
export async function readBootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}

/**
 * The kernel's messages that match, newest last; null where they cannot be read (no privilege, or no program dmesg).
 * Old ones fall out of the kernel's ring: that a message is absent proves nothing.
 */
export async function findKernelMessages(pattern: RegExp): Promise<string[] | null> {
  try {
    const { stdout } = await exec('dmesg', ['--notime', '--kernel'], { timeoutMs: 5000 });
    return stdout.split('\n').filter((line) => pattern.test(line));
  } catch {
    return null;
  }
}
