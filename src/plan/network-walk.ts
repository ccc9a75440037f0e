import type { HostConfig } from '../model/host-config.ts';
import type { NetworkWalk, WalkSection } from '../model/network-explanation.ts';
import type { NetworkFacts } from '../model/network-facts.ts';
import { EMPTY_INTENT } from '../model/network-intent.ts';
import { sceneOf } from './network-scene.ts';
import { walkAddresses } from './network-walk-addresses.ts';
import { walkBridges, walkForwardingDatabases } from './network-walk-bridges.ts';
import { walkLinks } from './network-walk-links.ts';
import { walkProxies, walkRoutes } from './network-walk-routes.ts';

/**
 * The walk one takes through an unknown network: `ip link`, `ip address`, `ip route`, `brctl show`, `brctl showmacs`, each line with
 * what it means here. Sections without lines are left out.
 */
export function walkNetwork(facts: NetworkFacts, host: HostConfig | null = null): NetworkWalk {
  const scene = sceneOf({ facts, intent: EMPTY_INTENT, host, owner: 'none', provider: null });
  const sections: WalkSection[] = [
    { command: 'ip link', lines: walkLinks(scene) },
    { command: 'ip address', lines: walkAddresses(scene) },
    { command: 'ip route', lines: walkRoutes(scene, 'ipv4') },
    { command: 'ip -6 route', lines: walkRoutes(scene, 'ipv6') },
    { command: 'ip neighbour show proxy', lines: walkProxies(scene) },
    { command: 'brctl show', lines: walkBridges(scene) },
    ...walkForwardingDatabases(scene),
  ];
  return { sections: sections.filter(({ lines }) => lines.length > 0) };
}
