import {
  type Ipv4Address,
  type Ipv6Address,
  type Ipv6Prefix,
  ipv4FromNumber,
  ipv4Range,
  ipv6FromBigInt,
  ipv6ToBigInt,
  type MacAddress,
} from '../../base/address.ts';
import type { HostConfig } from '../../model/host-config.ts';
import type { NetworkChange } from '../../model/network-change.ts';
import type { NetworkLayout, NetworkPlan } from '../../model/network-plan.ts';
import { planGuestAttachment } from './guest-attachment.ts';
import { servedSubnet } from './subnet-bridge.ts';

/** A stand-in for a guest that the twin plugs in to see whether guests would be reached. */
export interface SampleGuest {
  name: string;
  layout: NetworkLayout;
  /** The link on the host that the guest hangs on; a port of `bridge` where there is one. */
  tap: string;
  bridge: string | undefined;
  mac: MacAddress;
  ipv4: Ipv4Address | undefined;
  ipv6: Ipv6Address | undefined;
  /** What the host does for it. */
  changes: NetworkChange[];
}

export interface Samples {
  guests: SampleGuest[];
  /** Addresses that the provider sends here and nobody has. */
  unused: (Ipv4Address | Ipv6Address)[];
}

type SamplePlan = Pick<NetworkPlan, 'layout' | 'host' | 'steps'>;

/**
 * Guests of every kind that the plan makes possible: one on a single address, one on a subnet, one with IPv6 alone. And addresses
 * that stay unused.
 *
 * @param layer3 the link that has the host's addresses when the plan has run
 * @param forwards whether the host hands packets on that are not for itself; one that does not drops them without a word
 */
export function sampleGuests(plan: SamplePlan, layer3: string, forwards: boolean): Samples {
  switch (plan.layout) {
    case 'routed':
      return { guests: routedGuests(plan.host, layer3), unused: unusedOf(plan.host, null) };
    case 'bridged':
      return { guests: bridgedGuests(plan.host, layer3), unused: forwards ? unusedSubnets(plan.host, null) : [] };
    case 'subnet-bridge':
      return { guests: subnetGuests(plan, layer3), unused: unusedOf(plan.host, servedSubnet(plan.host)) };
    case null:
      return { guests: [], unused: [] };
  }
}

function routedGuests(host: HostConfig, layer3: string): SampleGuest[] {
  const single = host.extraIpv4.find((extra) => extra.kind === 'single' && extra.mac === null);
  const subnet = host.extraIpv4.find((extra) => extra.kind !== 'single');
  const addresses = [
    ...(single?.kind === 'single' ? [single.address] : []),
    ...(subnet === undefined
      ? []
      : [ipv4FromNumber(ipv4Range(subnet.prefix).first + Math.min(2, ipv4Range(subnet.prefix).size - 1))]),
    ...(host.ipv6 === null ? [] : [undefined]),
  ];
  return addresses.map((ipv4, index) => {
    const ipv6 = host.ipv6 === null ? undefined : ipv6At(host.ipv6.prefix, 0xa1 + index);
    const { name, tap, mac } = numbered(index + 1);
    const changes = planGuestAttachment({ host, layer3, tap, ipv4: ipv4 ?? null, ipv6: ipv6 ?? null });
    return { name, layout: 'routed', tap, bridge: undefined, mac, ipv4, ipv6, changes };
  });
}

function bridgedGuests({ extraIpv4 }: HostConfig, bridge: string): SampleGuest[] {
  const guests = extraIpv4.flatMap((extra, index): SampleGuest[] => {
    if (extra.kind !== 'single' || extra.mac === null) return [];
    const { name, tap } = numbered(index + 1);
    return [
      { name, layout: 'bridged', tap, bridge, mac: extra.mac, ipv4: extra.address, ipv6: undefined, changes: [] },
    ];
  });
  return guests.slice(0, 2);
}

function subnetGuests({ host, steps }: SamplePlan, layer3: string): SampleGuest[] {
  const subnet = servedSubnet(host);
  const bridge = steps.flatMap(({ change }) => (change.kind === 'add-bridge' ? change.name : []))[0];
  if (subnet === null) return [];
  const guest = (number: number, ipv4: Ipv4Address | undefined): SampleGuest => {
    const ipv6 = host.ipv6 === null ? undefined : ipv6At(host.ipv6.prefix, 0xb0 + number);
    const isAskedFor = ipv6 !== undefined && host.ipv6?.mode === 'on-link';
    const changes: NetworkChange[] = isAskedFor
      ? [{ kind: 'add-proxy', link: layer3, family: 'ipv6', address: ipv6 }]
      : [];
    return { ...numbered(number), layout: 'subnet-bridge', bridge, ipv4, ipv6, changes };
  };
  const first = guest(1, ipv4FromNumber(ipv4Range(subnet).first + 2));
  return host.ipv6 === null ? [first] : [first, guest(2, undefined)];
}

function unusedOf(host: HostConfig, onBridge: string | null): Samples['unused'] {
  return [...unusedSubnets(host, onBridge), ...(host.ipv6 === null ? [] : [ipv6At(host.ipv6.prefix, 0xdead)])];
}

/** The last but one address of each subnet: a guest gets one of the first. */
function unusedSubnets(host: HostConfig, onBridge: string | null): Ipv4Address[] {
  return host.extraIpv4.flatMap((extra) => {
    if (extra.kind === 'single' || extra.prefix === onBridge) return [];
    const { first, size } = ipv4Range(extra.prefix);
    return size < 4 ? [] : [ipv4FromNumber(first + size - 2)];
  });
}

function numbered(number: number): Pick<SampleGuest, 'name' | 'tap' | 'mac'> {
  const mac = `52:54:00:00:00:${number.toString(16).padStart(2, '0')}` as MacAddress;
  return { name: `guest${number}`, tap: `lgtwin${number}`, mac };
}

function ipv6At(prefix: Ipv6Prefix, offset: number): Ipv6Address {
  const [network = ''] = prefix.split('/');
  return ipv6FromBigInt(ipv6ToBigInt(network as Ipv6Address) + BigInt(offset));
}
