import { readdir } from 'node:fs/promises';
import { readNetworkNamespace } from './netns.ts';
import { executableOf } from './process-identity.ts';

/** Daemons that take up links as they come, by the names of their programs. */
const LINK_PROGRAMS = [
  'NetworkManager',
  'connmand',
  'dhcpcd',
  'ifplugd',
  'netplugd',
  'systemd-networkd',
  'wickedd',
] as const;

/** Those of them that run in our network namespace. */
export async function listLinkPrograms(): Promise<string[]> {
  const ours = await readNetworkNamespace('self');
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const name = await executableOf(pid);
      const known = LINK_PROGRAMS.find((each) => each === name);
      return known !== undefined && (await readNetworkNamespace(pid)) === ours ? known : null;
    }),
  );
  return LINK_PROGRAMS.filter((name) => found.includes(name));
}
