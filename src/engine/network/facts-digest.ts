import { createHash } from 'node:crypto';
import type { NetworkFacts } from '../../model/network-facts.ts';
import { isPassingLink } from '../../model/passing-link.ts';
import { HOST_FILE, observedHostFile } from './observed-host-file.ts';

/** The settings a plan reads or writes, by the end of their path. */
const SETTINGS = /\/(ip_forward|forwarding|proxy_arp|proxy_arp_pvlan|proxy_ndp|rp_filter|arp_ignore|accept_ra)$/;
const OUR_TAP = /^lg[0-9a-f]/;

/** Taps of Lodge's own guests: `lg` and a hash. */
export function isOurTap(link: string): boolean {
  return OUR_TAP.test(link);
}

/** The files of the network that a plan does not rest on: a DHCP client writes the name servers anew whenever it likes. */
const OTHER_FILES = new Set(['/etc/resolv.conf', HOST_FILE]);

/**
 * Two hashes, `NETWORK.HOST`, of everything of the facts that a plan rests on: links, addresses, routes, settings, configuration files;
 * and what host.yaml says, whatever its comments are. They stay the same while counters, clocks, lifetimes and neighbours change, guests
 * and containers come and go, and the order of lists differs.
 */
export function digestFacts(facts: NetworkFacts): string {
  return `${hash(networkLines(facts), 32)}.${hash(hostLines(facts), 16)}`;
}

/** What of the facts is not as it was; null where everything is, or one of the digests is of another make. */
export function digestDifference(before: string, now: string): 'network' | 'host-file' | null {
  const [[network, host], [networkNow, hostNow]] = [before.split('.'), now.split('.')];
  if (host === undefined || hostNow === undefined) return null;
  if (host !== hostNow) return 'host-file';
  return network === networkNow ? null : 'network';
}

function hash(lines: readonly unknown[], length: number): string {
  const sorted = lines.map((line) => JSON.stringify(line)).sort();
  return createHash('sha256').update(sorted.join('\n')).digest('hex').slice(0, length);
}

/** One that does not parse counts by its text: each edit of it may be the one that mends it. */
function hostLines({ files }: NetworkFacts): unknown[] {
  const read = observedHostFile({ files });
  if (read === null) return [];
  return read.ok ? [read.config] : [files.find(({ path }) => path === HOST_FILE)?.text];
}

function networkLines(facts: NetworkFacts): unknown[] {
  const lasting = (link: string | null) => link === null || !isPassingLink(link);
  return [
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
    ...facts.files.filter(({ path }) => !OTHER_FILES.has(path)).map(({ path, text }) => ['file', path, text]),
  ];
}
