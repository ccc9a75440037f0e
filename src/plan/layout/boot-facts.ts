import { type Ipv4Address, type Ipv6Address, ipv4ToNumber, ipv6ToBigInt } from '../../base/address.ts';
import type { NetworkChange } from '../../model/network-change.ts';
import type { AddressFact, LinkFact, NetworkFacts, RouteFact } from '../../model/network-facts.ts';
import type { IntentAddress, IntentLink, IntentRoute, NetworkIntent } from '../../model/network-intent.ts';
import { predictFacts } from './predict.ts';

/** What udev makes up for a bridge whose MAC nobody set (systemd.link(5), MACAddressPolicy=persistent): none that a provider knows. */
const MADE_UP_MAC = '02:4d:ad:e0:00:01';

/**
 * What the network would be after a boot with these files: built into a twin of its own, it shows whether the host would come back.
 *
 * @param facts of now: the hardware, and what is leased
 * @param uplink it is there at a boot whatever it is made of
 */
export function bootFacts(
  facts: NetworkFacts,
  uplink: string,
  intent: NetworkIntent,
  atBoot: readonly NetworkChange[],
): NetworkFacts {
  const hardware = facts.links.filter((link) => isPlugged(link, uplink));
  const made = intent.links.filter(
    ({ kind, name }) => kind === 'bridge' && !hardware.some((link) => link.name === name),
  );
  const links = [
    ...hardware.map((link) => asPort(link, intent)),
    ...made.map((link, index) => madeBridge(link, 1000 + index)),
  ];
  const leased = leasedFacts(facts, intent);
  const addresses = [
    ...facts.addresses.filter(({ scope }) => scope === 'host'),
    ...leased.addresses,
    ...intent.addresses.filter(({ link }) => links.some(({ name }) => name === link)).map(addressFact),
  ];
  const routes = [...leased.routes, ...intent.routes.flatMap((route) => routeFacts(route, addresses, links))];
  const firewall = { ...facts.firewall, guard: null };
  const neighbours = facts.neighbours.filter(({ isProxy }) => !isProxy);
  const sysctls = { ...facts.sysctls, ...ipv6OfLinks(links) };
  return predictFacts({ ...facts, links, addresses, routes, firewall, neighbours, sysctls }, atBoot);
}

/** In a namespace or a guest of somebody's the uplink may be of any kind. */
function isPlugged({ kind, name }: LinkFact, uplink: string): boolean {
  return kind === null || name === uplink;
}

/**
 * The host in the moment before its network is configured: what is plugged in, down and without an address. A dummy that no file makes is
 * one that its module has made. The settings of `all`, `default` and the host are those of now.
 */
export function unconfiguredFacts(facts: NetworkFacts, uplink: string, intent: NetworkIntent): NetworkFacts {
  const isMade = (name: string) => intent.links.some((link) => link.name === name);
  const there = facts.links.filter((link) => isPlugged(link, uplink) || (link.kind === 'dummy' && !isMade(link.name)));
  const links = there.map((link) => ({
    ...link,
    master: null,
    bridgePort: null,
    mtu: 1500,
    addrGenMode: 'eui64',
    flags: link.flags.filter((flag) => flag !== 'UP'),
  }));
  const isLinks = (path: string) => /^net\/ipv[46]\/(conf|neigh)\/(?!(all|default)\/)/.test(path);
  const sysctls = Object.fromEntries(Object.entries(facts.sysctls).filter(([path]) => !isLinks(path)));
  const firewall = { ...facts.firewall, guard: null };
  return { ...facts, links, addresses: [], routes: [], rules: [], neighbours: [], sysctls, firewall };
}

/**
 * What is leased now, by the link that asks for it at a boot: the bridge, when the uplink is a port of it by then.
 *
 * @param isKernelsRa the kernel itself takes advertisements, and no file has to say so
 */
export function leasedFacts(
  facts: NetworkFacts,
  intent: NetworkIntent,
  isKernelsRa = false,
): { addresses: AddressFact[]; routes: (RouteFact & { link: string })[] } {
  const bridgeOf = (link: string) => intent.links.find(({ kind, ports }) => kind === 'bridge' && ports.includes(link));
  const leasedTo = (link: string) => bridgeOf(link)?.name ?? link;
  const isLeased = (link: string) => intent.dynamic.some((one) => one.link === leasedTo(link));
  return {
    addresses: facts.addresses
      .filter(({ link, isDynamic, family }) => isDynamic && (isLeased(link) || (isKernelsRa && family === 'ipv6')))
      .map((address) => ({ ...address, link: leasedTo(address.link) })),
    routes: facts.routes.flatMap((route) =>
      ['ra', 'dhcp'].includes(route.protocol) &&
      route.link !== null &&
      (isLeased(route.link) || (isKernelsRa && route.protocol === 'ra'))
        ? [{ ...route, link: leasedTo(route.link) }]
        : [],
    ),
  };
}

/** A port of a bridge has none, as Lodge's own unit sees to; what was so before a boot does not last. */
function ipv6OfLinks(links: readonly LinkFact[]): Record<string, string> {
  return Object.fromEntries(
    links.map(({ name, master }) => [`net/ipv6/conf/${name}/disable_ipv6`, master === null ? '0' : '1']),
  );
}

function asPort(link: LinkFact, { links }: NetworkIntent): LinkFact {
  const bridge = links.find(({ kind, ports }) => kind === 'bridge' && ports.includes(link.name));
  if (bridge === undefined) return { ...link, master: null, bridgePort: null };
  const state = bridge.stp === true ? 'listening' : 'forwarding';
  return { ...link, master: bridge.name, bridgePort: { state, isolated: false, learning: true } };
}

function madeBridge({ name, mac, stp, forwardDelaySec }: IntentLink, index: number): LinkFact {
  return {
    index,
    name,
    kind: 'bridge',
    mac: mac?.toLowerCase() ?? MADE_UP_MAC,
    permanentMac: null,
    mtu: 1500,
    flags: ['UP', 'LOWER_UP'],
    operState: 'UP',
    master: null,
    parent: null,
    vlanId: null,
    alias: null,
    altNames: [],
    addrGenMode: 'eui64',
    bridge: { stp: stp === true, forwardDelayMs: (forwardDelaySec ?? 0) * 1000, vlanFiltering: false },
    bridgePort: null,
  };
}

function addressFact({ link, family, address, prefixLength, peer }: IntentAddress): AddressFact {
  const scope = address.startsWith('fe80:') ? 'link' : 'global';
  const state = { isDynamic: false, noPrefixRoute: false, isTentative: false, preferredSec: null };
  return { link, family, address, prefixLength, peer, scope, ...state };
}

/** A route whose link the file does not name goes where its gateway is; one that nobody can reach is refused, as the kernel does. */
function routeFacts(route: IntentRoute, addresses: readonly AddressFact[], links: readonly LinkFact[]): RouteFact[] {
  const { family, destination, type, via, metric, isOnLink } = route;
  const link =
    route.link ?? (route.form === 'gateway' ? route.context : null) ?? linkTo(via, addresses) ?? route.context;
  if (!links.some(({ name }) => name === link)) return [];
  const kind = {
    type: type === 'unicast' ? 'unicast' : type,
    source: null,
    protocol: 'boot',
    table: 'main',
    flags: [],
  };
  const scope = via === null && family === 'ipv4' ? 'link' : null;
  return [{ family, destination, via, link: type === 'unicast' ? link : null, metric, scope, isOnLink, ...kind }];
}

function linkTo(gateway: string | null, addresses: readonly AddressFact[]): string | null {
  if (gateway === null) return null;
  return addresses.find((address) => address.peer === gateway || isIn(address, gateway))?.link ?? null;
}

function isIn({ family, address, prefixLength }: AddressFact, gateway: string): boolean {
  if (gateway.includes(':') !== (family === 'ipv6')) return false;
  const bits = family === 'ipv6' ? 128 : 32;
  const shift = BigInt(bits - prefixLength);
  return numberOf(address) >> shift === numberOf(gateway) >> shift;
}

function numberOf(address: string): bigint {
  return address.includes(':') ? ipv6ToBigInt(address as Ipv6Address) : BigInt(ipv4ToNumber(address as Ipv4Address));
}
