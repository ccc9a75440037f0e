import { exec } from './exec.ts';
import { pathExists, readIfPresent } from './files.ts';
import { hasSystemd } from './systemd.ts';

type State = 'active' | 'inactive' | 'absent';

interface Sign {
  units: string[];
  /** Installed where one of these is. */
  programs: string[];
  /** At work, where there is no systemd to be asked, when this file says so. */
  runs: { path: string; says: RegExp };
}

const SIGNS = {
  networking: {
    units: ['networking.service'],
    programs: ['/usr/sbin/ifup', '/sbin/ifup'],
    // `eth0=eth0`: ifupdown brought it up.
    runs: { path: '/run/network/ifstate', says: /^(?!lo=)\S+=/m },
  },
  networkd: {
    units: ['systemd-networkd.service'],
    programs: ['/usr/lib/systemd/systemd-networkd', '/lib/systemd/systemd-networkd'],
    runs: { path: '/run/systemd/netif/state', says: /^OPER_STATE=/m },
  },
  networkManager: {
    units: ['NetworkManager.service'],
    programs: ['/usr/sbin/NetworkManager'],
    runs: { path: '/run/NetworkManager/NetworkManager.pid', says: /^\d/ },
  },
  cloudInit: {
    // cloud-init 24.3 gave it another name.
    units: ['cloud-init.service', 'cloud-init-network.service'],
    programs: ['/usr/bin/cloud-init'],
    runs: { path: '/run/cloud-init/result.json', says: /\{/ },
  },
} satisfies Record<string, Sign>;

/**
 * Which programs that configure networks are at work: systemd is asked, and in a root of its own (`root` is not '') or without
 * systemd what they left in /run says it. A root of its own may hold programs that the host does not have.
 */
export async function readNetworkServices(root: string) {
  const systemd = await hasSystemd();
  const stateOf = (sign: Sign) => (systemd && root === '' ? askSystemd(sign.units) : stateByFiles(root, sign));
  const hasProgram = async (...paths: string[]) => {
    const found = await Promise.all(paths.flatMap((path) => [pathExists(root + path), pathExists(path)]));
    return found.includes(true);
  };
  const [networking, networkd, networkManager, cloudInit, hasIfupdown2, hasNetplan] = await Promise.all([
    stateOf(SIGNS.networking),
    stateOf(SIGNS.networkd),
    stateOf(SIGNS.networkManager),
    stateOf(SIGNS.cloudInit),
    hasProgram('/usr/sbin/ifreload', '/sbin/ifreload'),
    hasProgram('/usr/sbin/netplan'),
  ]);
  return { systemd, networking, hasIfupdown2, networkd, networkManager, hasNetplan, cloudInit };
}

async function askSystemd(units: string[]): Promise<State> {
  const words = ['show', '--property=LoadState,ActiveState', ...units];
  const { stdout } = await exec('systemctl', words, { okExitCodes: [0, 1, 4] });
  return stateOfUnits(stdout);
}

/** Of what `systemctl show` prints of several units, a block of lines for each. */
export function stateOfUnits(text: string): State {
  const known = text.split('\n\n').filter((block) => /^LoadState=(?!not-found)/m.test(block));
  if (known.some((block) => /^ActiveState=(active|reloading|activating)$/m.test(block))) return 'active';
  return known.length > 0 ? 'inactive' : 'absent';
}

async function stateByFiles(root: string, { programs, runs }: Sign): Promise<State> {
  if (runs.says.test((await readIfPresent(root + runs.path).catch(() => null)) ?? '')) return 'active';
  const found = await Promise.all(programs.map((path) => pathExists(root + path)));
  return found.includes(true) ? 'inactive' : 'absent';
}
