import { type Ipv4Prefix, ipv4FromNumber, ipv4Range, type MacAddress } from '../../base/address.ts';
import { fnv1aHex } from '../../base/fnv1a.ts';
import type { HostConfig } from '../../model/host-config.ts';
import type { AddressChange, NetworkChange } from '../../model/network-change.ts';
import type { NetworkStep } from '../../model/network-plan.ts';
import { forwardingSteps, guardStep, unreachableSteps } from './common.ts';
import { GUEST_GATEWAY_IPV6 } from './guest-attachment.ts';
import { type Situation, sysctlOf } from './situation.ts';
import { setSysctl, step } from './steps.ts';

/** Before the route that the uplink's own address in the prefix makes (256), and after nothing. */
const PREFIX_METRIC = 128;

/** A bridge for guests alone: the subnet is routed to this host, which routes it on. The uplink is no port of it. */
export function subnetBridgeSteps(situation: Situation, bridge: string, subnet: Ipv4Prefix): NetworkStep[] {
  const { host, uplink } = situation;
  const own = (setting: string) => `net/ipv6/conf/${bridge}/${setting}`;
  const ipv6 = host.ipv6 !== null;
  return [
    guardStep(situation),
    ...forwardingSteps(situation),
    step(
      { kind: 'add-bridge', name: bridge, mac: bridgeMac(uplink.mac ?? '', bridge) },
      'with a MAC of its own from its first moment, so that it does not change with the guests that come and go',
    ),
    ...(ipv6
      ? setSysctl(
          situation,
          own('accept_ra'),
          '0',
          'no guest may give this host a route',
          sysctlOf(situation, 'net/ipv6/conf/default/accept_ra', '1'),
        )
      : []),
    step({ kind: 'set-up', link: bridge }, 'it has no port yet; guests join it'),
    step(
      { kind: 'add-address', address: subnetGateway(bridge, subnet) },
      "the first address of the subnet is the guests' gateway",
    ),
    ...(ipv6 ? ipv6Steps(situation, bridge) : []),
    ...unreachableSteps(situation, [subnet, ...(host.ipv6 === null ? [] : [host.ipv6.prefix])]),
  ];
}

/** The same address that guests on taps have for a gateway; the rest of the prefix is on this bridge. */
function ipv6Steps({ host }: Situation, bridge: string): NetworkStep[] {
  const prefix = host.ipv6?.prefix ?? '';
  const address = { link: bridge, family: 'ipv6', address: GUEST_GATEWAY_IPV6, prefixLength: 64 } as const;
  const gateway: NetworkChange = { kind: 'add-address', address: { ...address, peer: null, noPrefixRoute: false } };
  const route = {
    family: 'ipv6',
    destination: prefix,
    type: 'unicast',
    via: null,
    link: bridge,
    source: null,
  } as const;
  return [
    step(gateway, "the guests' gateway: the same on every host, so that a guest can move"),
    step(
      {
        kind: 'add-route',
        route: { ...route, metric: PREFIX_METRIC, isOnLink: false, scope: null, protocol: 'static' },
      },
      "guests' addresses are on this bridge, and no more on the wire to the provider",
    ),
  ];
}

/** The first routed subnet that has room for a gateway and a guest; null where there is none. */
export function servedSubnet({ extraIpv4 }: HostConfig): Ipv4Prefix | null {
  const subnets = extraIpv4.flatMap((extra) => (extra.kind === 'single' ? [] : [extra.prefix]));
  return subnets.find((prefix) => ipv4Range(prefix).bits <= 30) ?? null;
}

/** `203.0.113.0/29 -> 203.0.113.1/29` */
export function subnetGateway(bridge: string, subnet: Ipv4Prefix): AddressChange {
  const { first, bits } = ipv4Range(subnet);
  const address = ipv4FromNumber(first + 1);
  return { link: bridge, family: 'ipv4', address, prefixLength: bits, peer: null, noPrefixRoute: false };
}

/** A locally administered MAC, always the same for this host and bridge: it never leaves the host. */
export function bridgeMac(uplinkMac: string, bridge: string): MacAddress {
  const hash = fnv1aHex(`${uplinkMac} ${bridge}`);
  return `02:4c:${hash.match(/../g)?.join(':')}` as MacAddress;
}
