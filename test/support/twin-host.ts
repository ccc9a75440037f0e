import type { Ipv4Address, Ipv4Prefix, Ipv6Address, Ipv6Prefix, MacAddress } from '../../src/base/address.ts';
import type { HostConfig } from '../../src/model/host-config.ts';
import type { AddressFact, LinkFact, NetworkFacts, RouteFact } from '../../src/model/network-facts.ts';

/** The host of network.md: one uplink, an extra single address, a subnet, a prefix. */
export const TWIN_HOST: HostConfig = {
  version: 1,
  provider: 'hetzner',
  uplink: { name: 'eth0', mac: '02:00:00:aa:00:10' as MacAddress },
  ipv4: {
    address: '192.0.2.200' as Ipv4Address,
    prefixLength: 26,
    gateway: '192.0.2.193' as Ipv4Address,
  },
  ipv6: {
    prefix: '2001:db8:1:2::/64' as Ipv6Prefix,
    address: '2001:db8:1:2::2' as Ipv6Address,
    gateway: 'fe80::1' as Ipv6Address,
    mode: 'routed',
  },
  extraIpv4: [
    { kind: 'single', address: '198.51.100.20' as Ipv4Address, gateway: '198.51.100.1' as Ipv4Address, mac: null },
    { kind: 'subnet', prefix: '203.0.113.0/29' as Ipv4Prefix },
  ],
};

export const VIRTUAL_MAC = '00:50:56:00:00:11' as MacAddress;

/** The same with the provider's virtual MAC for its single address. */
export const TWIN_HOST_WITH_VIRTUAL_MAC: HostConfig = {
  ...TWIN_HOST,
  extraIpv4: TWIN_HOST.extraIpv4.map((extra) => (extra.kind === 'single' ? { ...extra, mac: VIRTUAL_MAC } : extra)),
};

/** What runs on it as delivered: `/32 peer gateway` and the prefix on the wire. */
export function twinFacts(host: HostConfig = TWIN_HOST): NetworkFacts {
  const link = host.uplink.name;
  const { ipv4, ipv6 } = host;
  return {
    version: 1,
    takenAtMs: 0,
    hostname: 'kvm1',
    kernelRelease: '6.1.0-30-amd64',
    links: [loopback(), physical(link, host.uplink.mac)],
    addresses: [
      ...(ipv4 === null ? [] : [addressFact(link, ipv4.address, 32, { peer: ipv4.gateway })]),
      ...(ipv6?.address == null ? [] : [addressFact(link, ipv6.address, 64)]),
      addressFact(link, 'fe80::ff:feaa:10', 64, { scope: 'link' }),
    ],
    routes: [
      ...(ipv4 === null
        ? []
        : [
            routeFact({ destination: 'default', via: ipv4.gateway, link }),
            routeFact({
              destination: `${ipv4.gateway}/32`,
              link,
              source: ipv4.address,
              protocol: 'kernel',
              scope: 'link',
            }),
          ]),
      ...(ipv6?.address == null
        ? []
        : [
            routeFact({ family: 'ipv6', destination: ipv6.prefix, link, metric: 256, protocol: 'kernel' }),
            routeFact({ family: 'ipv6', destination: 'default', via: ipv6.gateway, link }),
          ]),
      routeFact({ family: 'ipv6', destination: 'fe80::/64', link, metric: 256, protocol: 'kernel' }),
    ],
    rules: [],
    neighbours: [],
    forwardingDatabase: [],
    sysctls: { 'net/ipv4/ip_forward': '0', 'net/ipv6/conf/all/forwarding': '0' },
    firewall: { chains: [], hasDocker: false, guard: null },
    services: {
      systemd: true,
      networking: 'active',
      hasIfupdown2: false,
      networkd: 'inactive',
      networkManager: 'absent',
      hasNetplan: false,
      cloudInit: 'absent',
    },
    files: [],
    abilities: { netdevEgress: true, bridgeUtils: true },
  };
}

export function addressFact(
  link: string,
  address: string,
  prefixLength: number,
  more: Partial<AddressFact> = {},
): AddressFact {
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  const rest = { peer: null, scope: 'global', isDynamic: false, noPrefixRoute: false, isTentative: false };
  return { link, family, address, prefixLength, ...rest, preferredSec: null, ...more };
}

export function routeFact(more: Partial<RouteFact>): RouteFact {
  const base = {
    family: 'ipv4',
    destination: 'default',
    type: 'unicast',
    via: null,
    link: null,
    source: null,
  } as const;
  const rest = { metric: null, protocol: 'boot', scope: 'global', table: 'main', isOnLink: false, flags: [] };
  return { ...base, ...rest, ...more };
}

function physical(name: string, mac: string): LinkFact {
  const flags = ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'];
  return { ...loopback(), index: 2, name, mac, permanentMac: mac, mtu: 1500, flags, operState: 'UP' };
}

function loopback(): LinkFact {
  return {
    index: 1,
    name: 'lo',
    kind: null,
    mac: '00:00:00:00:00:00',
    permanentMac: null,
    mtu: 65_536,
    flags: ['LOOPBACK', 'UP', 'LOWER_UP'],
    operState: 'UNKNOWN',
    master: null,
    parent: null,
    vlanId: null,
    alias: null,
    altNames: [],
    addrGenMode: 'eui64',
    bridge: null,
    bridgePort: null,
  };
}
