import { linkLocalFromMac } from '../base/address.ts';
import type { Family } from '../model/network-facts.ts';
import { foreignMacCause } from './cause-mac.ts';
import { outerLink, type TwinView } from './view.ts';

/** Why the host is out of reach in a family: the first cause that is found, nearest to the wire first. */
export function hostCause(view: TwinView, family: Family): string {
  return (
    wireCause(view) ??
    foreignMacCause(view, []) ??
    addressCause(view, family) ??
    routeCause(view, family) ??
    routerCause(view, family) ??
    'the host has its address, its default route and its MAC: what fails is not known'
  );
}

/** The uplink and its bridge let frames through, or what keeps them from it. */
export function wireCause(view: TwinView): string | null {
  const { host, links } = view;
  const uplink = links.find(({ name }) => name === host.uplink.name);
  if (uplink === undefined) return `there is no link ${host.uplink.name} any more`;
  const outer = outerLink(view);
  const down = [uplink, outer].find((link) => link !== null && !link.flags.includes('UP'));
  if (down !== undefined && down !== null) return `${down.name} is down`;
  if (uplink.bridgePort !== null && uplink.bridgePort.state !== 'forwarding') {
    const { stp = false, forwardDelayMs = 0 } = outer?.bridge ?? {};
    const why = stp ? 'spanning tree (STP) is on' : 'the bridge has a forward delay';
    return `${uplink.name} is in the state ${uplink.bridgePort.state} on ${outer?.name}: ${why}, with a forward delay of ${forwardDelayMs / 1000} s a port is deaf for ${(stp ? 2 : 1) * (forwardDelayMs / 1000)} s`;
  }
  return null;
}

function addressCause(view: TwinView, family: Family): string | null {
  const own = view.host[family]?.address;
  const outer = outerLink(view);
  const places = view.addresses.filter(({ address }) => address === own).map(({ link }) => link);
  if (places.length === 0) return `no link has ${own}`;
  if (outer !== null && !places.includes(outer.name)) {
    return `${own} is on ${places.join(' and ')}, and what comes in belongs to ${outer.name}`;
  }
  if (family === 'ipv4') return arpCause(view);
  return view.modes.ipv6 === 'on-link' ? null : linkLocalCause(view);
}

/**
 * With arp_ignore 1 or 2 the kernel answers for an address only when it is in the network of an address of that link, which it looks up
 * by the other end's (confirm_addr_indev of net/ipv4/devinet.c): an address with a peer is in none.
 */
function arpCause(view: TwinView): string | null {
  const own = view.host.ipv4?.address;
  const outer = outerLink(view)?.name ?? view.host.uplink.name;
  const paths = ['all', outer].map((name) => `net/ipv4/conf/${name}/arp_ignore`);
  const strict = paths.find((path) => ['1', '2'].includes(view.sysctls[path] ?? '0'));
  const places = view.addresses.filter(({ link, address }) => link === outer && address === own);
  const [first] = places;
  if (strict === undefined || first === undefined || places.some(({ peer }) => peer === null)) return null;
  return `${strict} is ${view.sysctls[strict]} and ${own} is on ${outer} with the peer ${first.peer}: the kernel does not answer ARP for it (${own}/32 without a peer besides makes it answer)`;
}

/** A provider that routes to a link-local address needs it to be there. */
function linkLocalCause(view: TwinView): string | null {
  const wanted = linkLocalFromMac(view.host.uplink.mac);
  const outer = outerLink(view);
  if (view.addresses.some(({ link, address }) => link === outer?.name && address === wanted)) return null;
  return `the provider routes ${view.host.ipv6?.prefix} to ${wanted}, made from ${view.host.uplink.name}'s MAC, and ${outer?.name} does not have it`;
}

function routeCause(view: TwinView, family: Family): string | null {
  const over = portRouteCause(view);
  if (over !== null) return over;
  const outer = outerLink(view);
  const defaults = view.routes.filter((route) => route.family === family && route.destination === 'default');
  if (defaults.length === 0) return `there is no default route in ${family === 'ipv4' ? 'IPv4' : 'IPv6'}`;
  if (!defaults.some(({ link }) => link === outer?.name)) {
    return `the default route leads to ${defaults.map(({ link }) => link).join(' and ')}, and the provider is behind ${outer?.name}`;
  }
  return null;
}

/** Routes over a link that is a port of a bridge: nothing that is sent there as layer 3 comes back. */
export function portRouteCause({ links, routes }: TwinView): string | null {
  const masterOf = new Map(links.map(({ name, master }) => [name, master]));
  const lost = routes.filter(
    ({ link, destination, type }) =>
      type === 'unicast' && destination !== 'fe80::/64' && link !== null && (masterOf.get(link) ?? null) !== null,
  );
  if (lost.length === 0) return null;
  const [{ link } = { link: null }] = lost;
  const names = lost.map(
    (route) => `${route.destination}${route.via === null ? '' : ` via ${route.via}`} dev ${route.link}`,
  );
  return `${link} is a port of ${masterOf.get(link ?? '')}, and routes still lead to it: ${names.join(', ')}`;
}

function routerCause(view: TwinView, family: Family): string | null {
  const own = view.host[family]?.address;
  const next = family === 'ipv6' && view.modes.ipv6 !== 'on-link' ? linkLocalFromMac(view.host.uplink.mac) : own;
  const entry = view.routerNeighbours.find(({ address }) => address === next);
  if (entry !== undefined && entry.mac !== null) return null;
  return `the provider's router asked for ${next} and nobody answered`;
}
