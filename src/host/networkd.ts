import { exec } from './exec.ts';
import { pathExists, readIfPresent } from './files.ts';
import { readNetworkNamespace } from './netns.ts';

/** systemd-networkd's own notes: who reads them needs no bus. */
const NOTES = '/run/systemd/netif';

/**
 * Whether systemd-networkd, running now or later, sees the links of our network namespace: it is a service of the process that
 * everything on the host comes from, in that one's namespace.
 */
export async function isForNetworkd(): Promise<boolean> {
  if (!(await pathExists(NOTES))) return false;
  const [ours, firsts] = [await readNetworkNamespace('self'), await readNetworkNamespace(1)];
  return ours !== null && ours === firsts;
}

/**
 * Has networkd read its files anew. One that does not run stays so (`networkctl reload` would have the bus start it), and where there is
 * no bus it goes on with what it has read.
 */
export async function reloadNetworkd(): Promise<void> {
  const manager = ['org.freedesktop.network1', '/org/freedesktop/network1', 'org.freedesktop.network1.Manager'];
  await exec('busctl', ['--auto-start=no', 'call', ...manager, 'Reload'], { okExitCodes: [0, 1] });
}

/** The file by which networkd configures that link; null when it leaves it alone, or is not there. It is what `networkctl status` shows. */
export async function networkFileOf(linkIndex: number): Promise<string | null> {
  const text = (await readIfPresent(`${NOTES}/links/${linkIndex}`).catch(() => null)) ?? '';
  const state = /^ADMIN_STATE=(.*)$/m.exec(text)?.[1] ?? 'unmanaged';
  // `pending`, `initialized`: it has not made up its mind.
  if (['unmanaged', 'pending', 'initialized', 'linger'].includes(state)) return null;
  return /^NETWORK_FILE=(.*)$/m.exec(text)?.[1] ?? null;
}
