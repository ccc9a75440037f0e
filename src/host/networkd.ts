import { exec } from './exec.ts';
import { pathExists } from './files.ts';
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
