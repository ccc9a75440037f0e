import type { WalkLine } from '../model/network-explanation.ts';
import type { Family, RouteFact } from '../model/network-facts.ts';
import { covers, isLinkLocal, lengthOf } from './address-reach.ts';
import { defaultRoutes, isMain, type NetworkScene } from './network-scene.ts';
import { folded, isGuestTap } from './network-walk-fold.ts';

/** `default via 192.0.2.193 dev br0 proto static metric 100 onlink` */
export function walkRoutes(scene: NetworkScene, family: Family): WalkLine[] {
  const routes = scene.facts.routes.filter((route) => route.family === family);
  const isGuests = (route: RouteFact) => isGuestTap(route.link);
  // Every link with IPv6 has one: only those of links that matter are shown.
  const shown = routes.filter(
    (route) =>
      !isGuests(route) && !(isLinkLocal(route.destination.split('/')[0] ?? '') && route.link !== scene.outside?.name),
  );
  return [
    ...shown.map((route) => ({ text: textOf(route), meaning: meaningOf(scene, route) })),
    ...folded(
      routes
        .filter((route) => isGuests(route) && route.protocol !== 'kernel')
        .map((route) => ({ text: textOf(route), meaning: 'the address of a guest, behind its tap' })),
      3,
      'addresses of guests',
    ),
  ];
}

/** `203.0.113.5 dev eth0 proxy` */
export function walkProxies({ facts }: NetworkScene): WalkLine[] {
  const entries = facts.neighbours.filter(({ isProxy }) => isProxy);
  return folded(
    entries.map(({ address, link }) => ({
      text: `${address} dev ${link} proxy`,
      meaning: `the kernel answers for it on ${link}, and passes on what comes`,
    })),
    8,
    'addresses that are answered for',
  );
}

function textOf(route: RouteFact): string {
  const words = [
    ...(route.type === 'unicast' ? [] : [route.type]),
    route.destination,
    ...(route.via === null ? [] : ['via', route.via]),
    ...(route.link === null ? [] : ['dev', route.link]),
    ...(isMain(route) ? [] : ['table', route.table]),
    ...(route.protocol === 'boot' ? [] : ['proto', route.protocol]),
    ...(route.scope === null || route.scope === 'global' ? [] : ['scope', route.scope]),
    ...(route.source === null ? [] : ['src', route.source]),
    ...(route.metric === null ? [] : ['metric', String(route.metric)]),
    ...route.flags.filter((flag) => flag !== 'onlink'),
    ...(route.isOnLink ? ['onlink'] : []),
  ];
  return words.join(' ');
}

function meaningOf(scene: NetworkScene, route: RouteFact): string | null {
  if (route.type !== 'unicast') return 'what nobody has is refused here, and not sent back to the provider';
  if (!isMain(route)) return `asked only where a rule leads to the table ${route.table}`;
  if (route.destination === 'default') return meaningOfDefault(scene, route);
  if (route.flags.includes('linkdown')) return `${route.link} has no carrier: it leads nowhere now`;
  if (route.via !== null) {
    const own = scene.facts.addresses.some(
      ({ link, address }) => link === route.link && covers(route.destination, address),
    );
    return own && lengthOf(route.destination) < 31
      ? "neighbours in the host's own network, through the gateway: the provider keeps customers apart"
      : `reached through ${route.via}`;
  }
  if (isLinkLocal(route.destination.split('/')[0] ?? '')) return 'link-local addresses, on the link itself';
  if (route.protocol === 'kernel') return meaningOfConnected(scene, route);
  return route.link === scene.outside?.name ? 'on the link itself' : `behind ${route.link}`;
}

function meaningOfConnected({ facts }: NetworkScene, { destination, link }: RouteFact): string {
  const detour = facts.routes.some((one) => one.destination === destination && one.link === link && one.via !== null);
  if (detour) return 'comes with the address; the route through the gateway was put before it';
  return 'taken for on-link: comes with the address, and its hosts are asked for on the wire';
}

function meaningOfDefault(scene: NetworkScene, route: RouteFact): string {
  const best = defaultRoutes(scene.facts, route.family)[0];
  if (best !== route) return 'a second way out: used when the better one is gone';
  const { uplink, uplinkBridge } = scene;
  const whence =
    route.protocol === 'ra' ? ' (from a router advertisement)' : route.protocol === 'dhcp' ? ' (from DHCP)' : '';
  const gateway = route.via === null ? '' : ` to the gateway ${route.via}`;
  const bridged =
    uplinkBridge !== null && route.link === uplinkBridge.name
      ? `; on ${route.link} because ${uplink?.name} is its port`
      : '';
  return `everything else goes${gateway}${whence}${bridged}`;
}
