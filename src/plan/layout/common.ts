import { type Ipv6Address, type Ipv6Prefix, ipv6ToBigInt } from '../../base/address.ts';
import type { HostConfig, HostIpv6 } from '../../model/host-config.ts';
import type { AddressChange } from '../../model/network-change.ts';
import type { NetworkStep } from '../../model/network-plan.ts';
import { isPassingLink } from '../../model/passing-link.ts';
import type { Situation } from './situation.ts';
import { keepSysctl, step, unreachable } from './steps.ts';

/** After every other route: the kernel's largest metric (RTA_PRIORITY is 32 bits). */
export const LAST_METRIC = 4_294_967_295;
/** Before the route that the kernel makes for an address (IP6_RT_PRIO_ADDRCONF, 256). */
const BEFORE_CONNECTED_METRIC = 128;

/** Always first: from here on nothing foreign leaves, whatever goes wrong after it. */
export function guardStep({ uplink, guardHook, allowedMacs, facts }: Situation): NetworkStep {
  const there = facts.firewall.guard;
  const before = there?.uplink === uplink.name ? { before: there.allowedMacs } : {};
  return step(
    { kind: 'load-guard', uplink: uplink.name, allowedMacs, hook: guardHook, ...before },
    'the provider shuts the port at the first MAC it does not know: whatever goes wrong later, none leaves',
  );
}

/**
 * Keeps the host from answering the provider for the addresses of its inner links. With `arp_ignore` the kernel compares who asks with
 * the network of the address, and that of an address with a peer is the peer's alone: the host would fall silent for its own main
 * address as soon as the router forgets it (found by the twin). The same address without the peer, beside it, is answered for.
 *
 * @param link the one that has the host's addresses when the plan has run
 */
export function innerAddressSteps(situation: Situation, link: string): NetworkStep[] {
  const { addresses, facts } = situation;
  const path = `net/ipv4/conf/${link}/arp_ignore`;
  const before = facts.sysctls[path] ?? facts.sysctls['net/ipv4/conf/default/arp_ignore'] ?? '0';
  const beside = addresses
    .filter((one) => one.peer !== null && one.family === 'ipv4')
    .filter(({ address }) => !addresses.some((other) => other.address === address && other.peer === null));
  return [
    ...beside.map(({ address }) =>
      step(
        { kind: 'add-address', address: plainAddress(link, address) },
        'the next step would make the host silent for an address that has a peer; without one, beside it, it is answered for',
      ),
    ),
    step(
      { kind: 'set-sysctl', path, value: '1', before },
      'else the host answers the provider for the addresses of its inner links too',
    ),
  ];
}

function plainAddress(link: string, address: string): AddressChange {
  return { link, family: 'ipv4', address, prefixLength: 32, peer: null, noPrefixRoute: false };
}

/** Forwarding for guests behind the host, without losing the default route that a router advertisement gave. */
export function forwardingSteps(situation: Situation): NetworkStep[] {
  const { facts, layer3, routes, host } = situation;
  // networkd reads advertisements by itself and has the kernel's own reading off.
  const isKernelsRa = facts.sysctls[`net/ipv6/conf/${layer3.name}/accept_ra`] !== '0';
  const needsRa = isKernelsRa && routes.some(({ family, protocol }) => family === 'ipv6' && protocol === 'ra');
  return [
    ...innerAddressSteps(situation, layer3.name),
    ...keepForwarding(situation, 'net/ipv4', 'net/ipv4/ip_forward'),
    keepSysctl(situation, 'net/ipv4/ip_forward', '1', 'guests are behind this host: it has to hand their packets on'),
    ...(needsRa
      ? [
          keepSysctl(
            situation,
            `net/ipv6/conf/${layer3.name}/accept_ra`,
            '2',
            'a host that forwards ignores router advertisements otherwise: its default route would expire',
          ),
        ]
      : []),
    ...(host.ipv6 === null
      ? []
      : [
          ...keepForwarding(situation, 'net/ipv6', 'net/ipv6/conf/all/forwarding'),
          keepSysctl(situation, 'net/ipv6/conf/all/forwarding', '1', 'the same for IPv6'),
        ]),
    ...(host.ipv6?.mode === 'on-link'
      ? [
          keepSysctl(
            situation,
            `net/ipv6/conf/${layer3.name}/proxy_ndp`,
            '1',
            'the provider asks on the wire for each address of the prefix; the kernel answers for those with an entry, and only with this on',
          ),
        ]
      : []),
  ];
}

/**
 * A link that forwards on its own, as guests behind NAT need the uplink to. The switch for all links that comes next takes each of them
 * along when it is turned off again on the way back: the inverses of these steps come right after that.
 */
function keepForwarding({ facts }: Situation, directory: string, all: string): NetworkStep[] {
  if (facts.sysctls[all] === '1') return [];
  const links = facts.links.filter(({ name }) => !isPassingLink(name));
  return links.flatMap(({ name }) => {
    const path = `${directory}/conf/${name}/forwarding`;
    if (facts.sysctls[path] !== '1') return [];
    const why = 'it forwards by itself: switching all links off on the way back would take it along';
    return [step({ kind: 'set-sysctl', path, value: '1', before: '1' }, why)];
  });
}

/** What nobody has must not go back to the provider, who would send it here again until its hop limit is used up. */
export function unreachableSteps(situation: Situation, served: readonly string[] = []): NetworkStep[] {
  const { host, facts } = situation;
  const why =
    'an address that no guest has: without this route the packet goes back to the provider, and round and round';
  const steps: NetworkStep[] = [];
  for (const prefix of extraPrefixes(host)) {
    if (!served.includes(prefix) && !isOwn(situation, prefix))
      steps.push(step(unreachable('ipv4', prefix, LAST_METRIC), why));
  }
  if (host.ipv6 === null || served.includes(host.ipv6.prefix)) return steps;
  const { prefix } = host.ipv6;
  steps.push(...gatewayInPrefix(situation, prefix));
  // A connected route; the plan in force may have put ours beside it.
  const connected = facts.routes.some(({ destination, type }) => destination === prefix && type === 'unicast');
  steps.push(step(unreachable('ipv6', prefix, connected ? BEFORE_CONNECTED_METRIC : LAST_METRIC), why));
  return steps;
}

/** A single address that the host itself has is no guest's. */
function isOwn({ facts }: Situation, prefix: string): boolean {
  return facts.addresses.some(({ address }) => `${address}/32` === prefix);
}

/**
 * Where the uplink is in a bridge, guests with a MAC of their own are asked for on the wire, and so is a prefix that is on the link: only
 * what comes to this host unasked is led nowhere. A host that forwards (guests behind NAT make it one) would send it back. What is on
 * the link does not come unasked, whatever address the host has of it: the rest of it are neighbours.
 */
export function bridgedUnreachableSteps(situation: Situation): NetworkStep[] {
  const { host, addresses } = situation;
  const asked = host.extraIpv4.filter((extra) => extra.kind === 'single' && extra.mac !== null);
  const isOnLink = addresses.some(({ family, prefixLength }) => family === 'ipv6' && prefixLength < 128);
  const isAsked = ({ mode, prefix, gateway }: HostIpv6) =>
    mode === 'on-link' || isOnLink || isInPrefix(prefix, gateway);
  const prefixes = host.ipv6 !== null && isAsked(host.ipv6) ? [host.ipv6.prefix] : [];
  return unreachableSteps(situation, [...extraPrefixes({ ...host, extraIpv4: asked }), ...prefixes]);
}

/** Every IPv4 destination beyond the main address, with its length. */
export function extraPrefixes({ extraIpv4 }: HostConfig): string[] {
  return extraIpv4.map((extra) => (extra.kind === 'single' ? `${extra.address}/32` : extra.prefix));
}

export function isInPrefix(prefix: Ipv6Prefix, address: Ipv6Address): boolean {
  const [network = '', length] = prefix.split('/');
  const shift = BigInt(128 - Number(length));
  return ipv6ToBigInt(network as Ipv6Address) >> shift === ipv6ToBigInt(address) >> shift;
}

/** A gateway with an address of the prefix stays on the wire when the rest of the prefix is taken off it. */
function gatewayInPrefix({ host, layer3 }: Situation, prefix: Ipv6Prefix): NetworkStep[] {
  const gateway = host.ipv6?.gateway;
  if (gateway === undefined || !isInPrefix(prefix, gateway)) return [];
  const destination = `${gateway}/128`;
  const route = { family: 'ipv6', destination, type: 'unicast', via: null, link: layer3.name, source: null } as const;
  const change = {
    kind: 'add-route',
    route: { ...route, metric: null, isOnLink: false, scope: null, protocol: 'static' },
  } as const;
  return [step(change, `the gateway is inside ${prefix}, which is not on the wire any more but for it`)];
}
