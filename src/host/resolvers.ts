import { realpath } from 'node:fs/promises';
import { readIfPresent } from './files.ts';

export const RESOLV_CONF = '/etc/resolv.conf';

/**
 * The DNS servers that the host asks (resolv.conf(5)), with their scopes, and the file with its links followed: a program that watches
 * it has to watch that one. Null when there is no such file or no server in it.
 */
export async function readResolvers(): Promise<{ file: string; servers: string[] } | null> {
  const text = (await readIfPresent(RESOLV_CONF).catch(() => null)) ?? '';
  const servers = text.split('\n').flatMap((line) => /^nameserver\s+([\w.:%-]+)/.exec(line)?.[1] ?? []);
  return servers.length === 0 ? null : { file: await realpath(RESOLV_CONF), servers };
}
