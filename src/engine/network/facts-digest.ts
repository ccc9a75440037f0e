import { createHash } from 'node:crypto';
import type { NetworkFacts } from '../../model/network-facts.ts';
import { isPassingLink } from '../../model/passing-link.ts';

/** The settings a plan reads or writes, by the end of their path. */
const SETTINGS = /\/(ip_forward|forwarding|proxy_arp|proxy_arp_pvlan|proxy_ndp|rp_filter|arp_ignore|accept_ra)$/;
const OUR_TAP = /^lg[0-9a-f]/;

/** Taps of Lodge's own guests: `lg` and a hash. */
export function isOurTap(link: string): boolean {
  return OUR_TAP.test(link);
}

/**
 * A hash of everything of the facts that a plan rests on: links, addresses, routes, settings, configuration files. It stays the same
 * while counters, clocks, lifetimes and neighbours change, guests and containers come and go, and the order of lists differs.
 */
export function digestFacts(facts: NetworkFacts): string {
  const lasting = (link: string | null) => link === null || !isPassingLink(link);
  const lines = [
    ...facts.links
      .filter(({ name }) => lasting(name))
      .map(({ name, kind, mac, master, mtu }) => ['link', name, kind, mac, master, mtu]),
    // Link-local addresses and their routes follow the MAC, and come with the first port of a bridge.
    ...facts.addresses
      .filter(({ link, scope }) => lasting(link) && scope !== 'link')
      .map(({ link, address, prefixLength, peer }) => ['address', link, address, prefixLength, peer]),
    ...facts.routes
      .filter(({ link, destination }) => lasting(link) && destination !== 'fe80::/64')
      .map(({ flags: _state, ...route }) => ['route', ...Object.values(route)]),
    ...facts.rules.map(({ family, priority, text }) => ['rule', family, priority, text]),
    ...Object.entries(facts.sysctls)
      .filter(([path]) => SETTINGS.test(path) && lasting(path.split('/').at(-2) ?? null))
      .map((setting) => ['sysctl', ...setting]),
    // A DHCP client writes the name servers anew whenever it likes.
    ...facts.files.filter(({ path }) => path !== '/etc/resolv.conf').map(({ path, text }) => ['file', path, text]),
  ];
  const sorted = lines.map((line) => JSON.stringify(line)).sort();
  return createHash('sha256').update(sorted.join('\n')).digest('hex').slice(0, 32);
}
