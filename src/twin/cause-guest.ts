import { type Ipv4Address, ipv4PrefixContains } from '../base/address.ts';
import type { Family } from '../model/network-facts.ts';
import { wireCause } from './cause-host.ts';
import { foreignMacCause } from './cause-mac.ts';
import type { PluggedGuest } from './guest.ts';
import { outerLink, type TwinView } from './view.ts';

/** Why a guest is out of reach in a family, in the direction in, out or both. */
export function guestCause(view: TwinView, guest: PluggedGuest, family: Family): string {
  const address = (family === 'ipv4' ? guest.ipv4 : guest.ipv6) ?? '';
  return (
    wireCause(view) ??
    macCause(view, guest) ??
    proxyCause(view, address, guest, family) ??
    forwardCause(view, guest, family) ??
    wayCause(view, guest, address, family) ??
    foreignMacCause(view, [guest]) ??
    `the host forwards and has a route to ${address}: what fails is not known`
  );
}

function macCause(view: TwinView, guest: PluggedGuest): string | null {
  if (guest.layout !== 'bridged') return null;
  const single = view.host.extraIpv4.find((extra) => extra.kind === 'single' && extra.address === guest.ipv4);
  const given = single?.kind === 'single' ? single.mac : null;
  if (given === guest.mac) return null;
  const right = given === null ? 'has given out no virtual MAC' : `gave ${given}`;
  return `guest ${guest.name} has the MAC ${guest.mac}, and the provider ${right} for ${guest.ipv4}`;
}

/** The router asks on the wire for this address, and nobody answers. */
function proxyCause(view: TwinView, address: string, guest: PluggedGuest, family: Family): string | null {
  if (!isAskedFor(view, address, family) || guest.layout === 'bridged') return null;
  const outer = outerLink(view)?.name ?? view.host.uplink.name;
  const asked = view.routerNeighbours.find((entry) => entry.address === address);
  if (asked?.mac === view.host.uplink.mac) return null;
  const proxies = view.neighbours.filter((entry) => entry.isProxy && entry.address === address);
  if (proxies.length === 0) {
    return `no neighbour proxy entry for ${address} on ${outer}: the provider's router asked for it, and nobody answered`;
  }
  if (!proxies.some(({ link }) => link === outer)) {
    return `the neighbour proxy entry for ${address} is on ${proxies.map(({ link }) => link).join(' and ')}, and the provider asks on ${outer}`;
  }
  const isOn = ['all', outer].some((link) => view.sysctls[`net/ipv6/conf/${link}/proxy_ndp`] === '1');
  if (family === 'ipv6' && !isOn) return `net/ipv6/conf/${outer}/proxy_ndp is 0: the entry for ${address} is not used`;
  return null;
}

function isAskedFor({ host, modes }: TwinView, address: string, family: Family): boolean {
  if (family === 'ipv6') return modes.ipv6 === 'on-link';
  const isRouted = host.extraIpv4.some(
    (extra) => extra.kind !== 'single' && ipv4PrefixContains(extra.prefix, address as Ipv4Address),
  );
  return modes.arp === 'asks' && !isRouted;
}

function forwardCause({ sysctls }: TwinView, { layout }: PluggedGuest, family: Family): string | null {
  if (layout === 'bridged') return null;
  const path = family === 'ipv4' ? 'net/ipv4/ip_forward' : 'net/ipv6/conf/all/forwarding';
  return sysctls[path] === '1' ? null : `${path} is ${sysctls[path] ?? 'not there'}: the host does not forward`;
}

function wayCause(view: TwinView, guest: PluggedGuest, address: string, family: Family): string | null {
  if (guest.layout === 'bridged') return null;
  const inside = guest.layout === 'subnet-bridge' ? guest.bridge : guest.tap;
  const bits = family === 'ipv4' ? 32 : 128;
  if (
    guest.layout === 'routed' &&
    !view.routes.some((route) => route.destination === `${address}/${bits}` && route.link === inside)
  ) {
    return `the host has no route to ${address}/${bits} over ${inside}`;
  }
  const strict = view.sysctls['net/ipv4/conf/all/rp_filter'] === '1';
  return strict && family === 'ipv4'
    ? `net/ipv4/conf/all/rp_filter is 1, and the way back to ${address} may be another one`
    : null;
}
