import { hostname, release } from 'node:os';
import { readIfPresent } from '../../host/files.ts';
import { readAbilities } from '../../host/network-abilities.ts';
import { readAddresses } from '../../host/network-addresses.ts';
import { readForwardingDatabase } from '../../host/network-fdb.ts';
import { readNetworkFiles } from '../../host/network-files.ts';
import { readFirewall } from '../../host/network-firewall.ts';
import { readLinks } from '../../host/network-links.ts';
import { readNeighbours } from '../../host/network-neighbours.ts';
import { readRoutes, readRules } from '../../host/network-routes.ts';
import { readNetworkServices } from '../../host/network-services.ts';
import { readNetworkSysctls } from '../../host/network-sysctls.ts';
import type { ConfigFile, NetworkFacts } from '../../model/network-facts.ts';
import { GUARD_TABLE } from '../../render/mac-guard.ts';
import { isNetworkdUnmanaged } from '../../render/networkd-unmanaged.ts';
import { isOurTap } from './facts-digest.ts';
import { HOST_FILE } from './observed-host-file.ts';

export { digestFacts } from './facts-digest.ts';

interface ObserveOptions {
  /** Configuration files are read below it: '' is the system's own. */
  root: string;
  /** The network namespace to look at, as `ip netns` knows it; our own when it is left out. */
  namespace?: string | undefined;
}

/**
 * What this host's network is: read, never changed, and on a host that Lodge does not manage too. Without root some of it is missing
 * (the firewall, files that only root may read), which is no error.
 *
 * @throws COMMAND_MISSING without iproute2, TIMED_OUT
 */
export async function observeNetwork({ root, namespace }: ObserveOptions): Promise<NetworkFacts> {
  const place = namespace ?? null;
  const [links, addresses, rules, neighbours, forwardingDatabase, firewall, services, files, abilities] =
    await Promise.all([
      readLinks(place),
      readAddresses(place),
      readRules(place),
      readNeighbours(place),
      readForwardingDatabase(place),
      readFirewall(place, GUARD_TABLE),
      readNetworkServices(root),
      readFiles(root),
      readAbilities(place),
    ]);
  // A thousand guests have a thousand taps, all set alike.
  const named = links.map(({ name }) => name).filter((name) => !isOurTap(name));
  const [routes, sysctls] = await Promise.all([readRoutes(place, rules), readNetworkSysctls(place, named)]);
  return {
    version: 1,
    takenAtMs: Date.now(),
    hostname: hostname(),
    kernelRelease: release(),
    links,
    addresses,
    routes,
    rules,
    neighbours,
    forwardingDatabase,
    sysctls,
    firewall,
    services,
    files,
    abilities,
  };
}

/** host.yaml is one of them: a plan rests on it. What comes and goes with guests is none. */
async function readFiles(root: string): Promise<ConfigFile[]> {
  const [files, text] = await Promise.all([
    readNetworkFiles(root),
    readIfPresent(`${root}${HOST_FILE}`).catch(() => null),
  ]);
  const lasting = files.filter(({ path }) => !isNetworkdUnmanaged(path));
  return text === null ? lasting : [...lasting, { path: HOST_FILE, text, mode: 0o644 }];
}
