import type { Problem } from '../../base/errors.ts';
import type { HostConfig } from '../../model/host-config.ts';
import type { Family, LinkFact, NetworkFacts, RouteFact } from '../../model/network-facts.ts';

/**
 * Gateways of host.yaml that the running default routes contradict. Only what is certain: a route that somebody wrote leads elsewhere,
 * and none leads there, over whatever link and in whatever table. What DHCP or a router advertisement gave may be one router of several.
 */
export function otherGateways(facts: NetworkFacts, { ipv4, ipv6 }: HostConfig, layer3: LinkFact): Problem[] {
  const wanted = [
    ['ipv4', ipv4?.gateway],
    ['ipv6', ipv6?.gateway],
  ] as const;
  return wanted.flatMap(([family, gateway]) => {
    const ways = facts.routes.filter((route) => route.family === family && route.destination === 'default');
    if (gateway === undefined || ways.some(({ via }) => via === gateway)) return [];
    const running = new Set(ways.flatMap((route) => (isWritten(facts, route, layer3) ? [route.via] : [])));
    if (running.size === 0) return [];
    const which = `the gateway of the default route that runs over ${layer3.name}`;
    return [{ path: `${family}.gateway`, rule: `must be ${[...running].join(' or ')}, ${which}`, value: gateway }];
  });
}

function isWritten(facts: NetworkFacts, { family, via, link, table, type, protocol }: RouteFact, layer3: LinkFact) {
  const isOverIt = link === layer3.name && table === 'main' && type === 'unicast';
  // An IPv4 route may have an IPv6 next hop (RFC 5549).
  if (!isOverIt || via === null || via.includes(':') !== (family === 'ipv6')) return false;
  // The script of dhclient makes its route as a command does.
  return protocol === 'static' || (protocol === 'boot' && !isLeased(facts, layer3, family));
}

function isLeased({ addresses }: NetworkFacts, layer3: LinkFact, family: Family): boolean {
  return addresses.some((one) => one.link === layer3.name && one.family === family && one.isDynamic);
}
