import { type Ipv4Address, ipv4FromNumber, ipv4ToNumber } from '../base/address.ts';
import type { IntentAddress, IntentRoute, NetworkIntent } from '../model/network-intent.ts';
import type { CommandEffect } from './interfaces-commands.ts';
import type { RouteVerb } from './route-command.ts';

/**
 * Why the kernel says no to a command although its words are right: what it adds is there already. Measured on Linux 6.18 with iproute2
 * 6.1 and net-tools 2.10.
 *
 *     ip route add DEST …         a route to DEST with that metric is there, whatever it leads over (of IPv4 also an address's own)
 *     ip route append DEST …      the very same route is there; route(8) likewise
 *     ip address add ADDRESS …    the link has it
 *
 * @param sofar what the lines before it have made
 */
export function whyRefused(effect: CommandEffect, sofar: Pick<NetworkIntent, 'addresses' | 'routes'>): string | null {
  if (effect.kind === 'refused') return effect.why;
  if (effect.kind === 'address') {
    const { address } = effect;
    const there = sofar.addresses.find((one) => isSameAddress(one, address));
    return there === undefined ? null : exists(`${address.address} on ${address.link}`, there.spot);
  }
  if (effect.kind !== 'route') return null;
  const { route, verb } = effect;
  const rival = [...sofar.routes, ...sofar.addresses.flatMap(connectedRoute)].find((one) => isRival(one, route, verb));
  return rival === undefined ? null : exists(`a route to ${route.destination}`, rival.spot);
}

type Known = Pick<IntentRoute, 'family' | 'destination' | 'via' | 'link' | 'metric' | 'isOnLink' | 'spot'>;

function isRival(known: Known, route: Omit<Known, 'spot'>, verb: RouteVerb): boolean {
  if (verb === 'replace' || verb === 'change') return false;
  const metricOf = ({ family, metric }: Pick<Known, 'family' | 'metric'>) => metric ?? (family === 'ipv6' ? 1024 : 0);
  const isSamePlace =
    known.family === route.family && known.destination === route.destination && metricOf(known) === metricOf(route);
  if (!isSamePlace || verb === 'add') return isSamePlace;
  // `gateway` is on-link, which makes it another one.
  const isSameHop = known.via === route.via && known.isOnLink === route.isOnLink;
  return isSameHop && (known.link === route.link || route.link === null || known.link === null);
}

/** Only in IPv4: in IPv6 the kernel's own has a metric that no command has by itself. */
function connectedRoute({ family, address, prefixLength, peer, link, spot }: IntentAddress): Known[] {
  if (family !== 'ipv4' || (peer === null && prefixLength === 32)) return [];
  const size = 2 ** (32 - prefixLength);
  const first = Math.floor(ipv4ToNumber((peer ?? address) as Ipv4Address) / size) * size;
  return [
    {
      family,
      destination: `${ipv4FromNumber(first)}/${prefixLength}`,
      via: null,
      link,
      metric: null,
      isOnLink: false,
      spot,
    },
  ];
}

function isSameAddress(one: Omit<IntentAddress, 'spot'>, other: Omit<IntentAddress, 'spot'>): boolean {
  const isIt = one.link === other.link && one.address === other.address;
  return isIt && (one.family === 'ipv6' || (one.prefixLength === other.prefixLength && one.peer === other.peer));
}

function exists(what: string, { path, line }: IntentRoute['spot']): string {
  return `${what} is there already, by ${path}:${line}: the kernel says "File exists"`;
}
