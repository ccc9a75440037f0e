import { readAddresses } from '../../host/network-addresses.ts';
import { readForwardingDatabase } from '../../host/network-fdb.ts';
import { readLinks } from '../../host/network-links.ts';
import { readNeighbours } from '../../host/network-neighbours.ts';
import { readRoutes, readRules } from '../../host/network-routes.ts';
import { readNetworkSysctls } from '../../host/network-sysctls.ts';
import type { AddressFact, FdbFact, LinkFact, NeighbourFact, RouteFact } from '../../model/network-facts.ts';

/** What a host's network is, thing by thing in words, as far as a boot has to make it again. */
export type NetworkWords = readonly string[];

/** What only matters for a moment, or shows in addresses (`autoconf`, which every program sets in its own way). */
const PASSING_SETTING = /\/(accept_dad|addr_gen_mode|autoconf|proxy_delay)$/;

/** Links that only the twin has: they hold up bridges whose guests are not there. */
const OF_THE_TWIN = /^lodgetwin/;

/**
 * Reads the namespace. Loopback, lifetimes and what the kernel says of the moment are left out.
 *
 * @param uplink a bridge over it has a MAC that matters
 */
export async function readWords(namespace: string, uplink: string): Promise<NetworkWords> {
  const [links, addresses, rules, neighbours, entries] = await Promise.all([
    readLinks(namespace),
    readAddresses(namespace),
    readRules(namespace),
    readNeighbours(namespace),
    readForwardingDatabase(namespace),
  ]);
  const named = links.filter(({ flags, name }) => !flags.includes('LOOPBACK') && !OF_THE_TWIN.test(name));
  const outer = links.find(({ name }) => name === uplink)?.master ?? uplink;
  const [routes, sysctls] = await Promise.all([
    readRoutes(namespace, rules),
    readNetworkSysctls(
      namespace,
      named.map(({ name }) => name),
    ),
  ]);
  const ports = new Set(named.filter(({ master }) => master !== null).map(({ name }) => name));
  return [
    ...named.flatMap((link) => linkWords(link, link.name === outer)),
    // A port of a bridge keeps a link-local address from before it was one, or does not: nothing comes of it.
    ...addresses
      .filter(({ scope, link }) => scope !== 'host' && !(scope === 'link' && ports.has(link)))
      .map(addressWords),
    ...routes.filter((route) => !isKernelsOwn(route)).map(routeWords),
    ...rules.map(({ family, priority, text }) => `the rule ${priority} of ${nameOf(family)}: ${text}`),
    ...neighbours.flatMap(neighbourWords),
    ...entries.flatMap(entryWords),
    ...Object.entries(sysctls).flatMap(([path, value]) => settingWords(path, value, ports)),
  ];
}

function linkWords({ name, mac, flags, mtu, master, bridge }: LinkFact, isOuter: boolean): string[] {
  const pinned = isOuter ? ` with the MAC ${mac}` : '';
  return [
    bridge === null ? `the link ${name}${pinned}` : `the bridge ${name}${pinned}`,
    ...(bridge === null
      ? []
      : [
          `spanning tree ${bridge.stp ? 'on' : 'off'} on ${name}`,
          `a forward delay of ${bridge.forwardDelayMs / 1000} s on ${name}`,
        ]),
    ...(flags.includes('UP') ? [`${name} up`] : []),
    ...(mtu === 1500 ? [] : [`an MTU of ${mtu} on ${name}`]),
    ...(master === null ? [] : [`${name} as a port of ${master}`]),
  ];
}

function addressWords({ link, address, prefixLength, peer }: AddressFact): string {
  return `${address}${peer === null ? '' : ` with the peer ${peer}`}/${prefixLength} on ${link}`;
}

/** Which follow from a link that is up and from nothing else. */
function isKernelsOwn({ family, destination, type }: RouteFact): boolean {
  return family === 'ipv6' && (/^(fe80::|ff00::)/.test(destination) || type === 'multicast' || type === 'anycast');
}

function routeWords({ family, type, destination, via, link, metric, table, source, protocol }: RouteFact): string {
  const familys = family === 'ipv6' ? 1024 : 0;
  return [
    `the route of ${nameOf(family)}`,
    ...(type === 'unicast' ? [] : [type]),
    destination,
    ...(via === null ? [] : ['via', via]),
    ...(link === null || type !== 'unicast' ? [] : ['dev', link]),
    ...(metric === null || metric === familys ? [] : ['metric', metric]),
    ...(table === 'main' ? [] : ['table', table]),
    // The kernel's own has always the address that it was made for.
    ...(source === null || protocol === 'kernel' ? [] : ['src', source]),
  ].join(' ');
}

function neighbourWords({ address, link, mac, isProxy, state }: NeighbourFact): string[] {
  if (isProxy) return [`the answer for ${address} on ${link} (a neighbour proxy)`];
  return state === 'PERMANENT' && mac !== null && !/^(224|ff0)/.test(address)
    ? [`the neighbour ${address} with the MAC ${mac} on ${link}`]
    : [];
}

/** What a bridge has learned, and the MACs of its ports, come by themselves. */
function entryWords({ bridge, port, mac, isStatic }: FdbFact): string[] {
  return isStatic === true ? [`the entry of ${bridge} for ${mac} at ${port}`] : [];
}

/** A port of a bridge has no layer 3: of its settings only that it has no IPv6 is of interest. */
function settingWords(path: string, value: string, ports: ReadonlySet<string>): string[] {
  const [, , , link = '', setting] = path.split('/');
  if (PASSING_SETTING.test(path) || (ports.has(link) && setting !== 'disable_ipv6')) return [];
  return [`${path} = ${value}`];
}

function nameOf(family: 'ipv4' | 'ipv6'): string {
  return family === 'ipv4' ? 'IPv4' : 'IPv6';
}

/** What one has and the other has not. */
export function compareWords(
  running: NetworkWords,
  booted: NetworkWords,
): { missing: NetworkWords; besides: NetworkWords } {
  const [here, there] = [new Set(running), new Set(booted)];
  return { missing: running.filter((one) => !there.has(one)), besides: booted.filter((one) => !here.has(one)) };
}
