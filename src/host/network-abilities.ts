import { release } from 'node:os';
import { pathExists } from './files.ts';
import { type Namespace, tryBy } from './network-command.ts';

const EGRESS_PROBE = 'table netdev probe { chain egress { type filter hook egress device "lo" priority 0; }; }\n';

/** What the kernel and the programs of this host can do for a network. */
export async function readAbilities(namespace: Namespace) {
  const [netdevEgress, bridgeUtils] = await Promise.all([
    canHookEgress(namespace),
    pathExists('/usr/lib/bridge-utils/ifupdown.sh').then(
      (found) => found || pathExists('/lib/bridge-utils/ifupdown.sh'),
    ),
  ]);
  return { netdevEgress, bridgeUtils };
}

/** Asked of nft and the kernel themselves, changing nothing (`-c`); without the right to ask, by the kernel's age. */
async function canHookEgress(namespace: Namespace): Promise<boolean> {
  const result = await tryBy(namespace, 'nft', ['-c', '-f', '-'], EGRESS_PROBE);
  if (result?.exitCode === 0) return true;
  if (result !== null && !result.stderr.includes('not permitted')) return false;
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 16);
}
