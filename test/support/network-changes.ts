import type { NetworkChange } from '../../src/model/network-change.ts';

/** The changes of two small plans, written by hand, for a host with one uplink. */
export const UPLINK_MAC = '02:00:5e:10:00:01';
export const HOST_IPV4 = '192.0.2.200';
export const HOST_IPV6 = '2001:db8:1:2::2';
export const GATEWAY_IPV4 = '192.0.2.193';

const ROUTE = { type: 'unicast', source: null, metric: null, isOnLink: false, scope: null, protocol: null } as const;
const IPV4 = { family: 'ipv4', address: HOST_IPV4, prefixLength: 26, peer: null } as const;
const IPV6 = { family: 'ipv6', address: HOST_IPV6, prefixLength: 64, peer: null } as const;

const guard = { uplink: 'eth0', allowedMacs: [UPLINK_MAC], hook: 'netdev-egress' } as const;
const defaultIpv4 = (link: string) =>
  ({ ...ROUTE, family: 'ipv4', destination: 'default', via: GATEWAY_IPV4, link, protocol: 'boot' }) as const;
const defaultIpv6 = (link: string) =>
  ({ ...ROUTE, family: 'ipv6', destination: 'default', via: 'fe80::1', link, protocol: 'boot' }) as const;

/** The host's addresses move to a bridge over its uplink. */
export const BRIDGED: NetworkChange[] = [
  { kind: 'load-guard', ...guard, allowedMacs: [...guard.allowedMacs] },
  { kind: 'add-bridge', name: 'br0', mac: UPLINK_MAC },
  { kind: 'set-up', link: 'br0' },
  { kind: 'add-port', bridge: 'br0', link: 'eth0' },
  {
    kind: 'add-address',
    address: { ...IPV4, prefixLength: 32, peer: GATEWAY_IPV4, link: 'br0', noPrefixRoute: false },
  },
  { kind: 'add-address', address: { ...IPV6, link: 'br0', noPrefixRoute: false } },
  { kind: 'replace-route', route: defaultIpv4('br0'), before: defaultIpv4('eth0') },
  { kind: 'replace-route', route: defaultIpv6('br0'), before: defaultIpv6('eth0') },
  { kind: 'remove-address', address: { ...IPV4, link: 'eth0', noPrefixRoute: false } },
  { kind: 'remove-address', address: { ...IPV6, link: 'eth0', noPrefixRoute: false } },
];

/** The uplink stays as it is; addresses are routed behind it. */
export const ROUTED: NetworkChange[] = [
  { kind: 'load-guard', ...guard, allowedMacs: [...guard.allowedMacs] },
  { kind: 'set-sysctl', path: 'net/ipv4/ip_forward', value: '1', before: '0' },
  {
    kind: 'add-route',
    route: {
      ...ROUTE,
      family: 'ipv4',
      destination: '203.0.113.0/29',
      type: 'unreachable',
      via: null,
      link: null,
      metric: 4294967295,
    },
  },
  { kind: 'set-sysctl', path: 'net/ipv6/conf/eth0/proxy_ndp', value: '1', before: '0' },
  { kind: 'add-proxy', link: 'eth0', family: 'ipv4', address: '198.51.100.20' },
  { kind: 'add-proxy', link: 'eth0', family: 'ipv6', address: '2001:db8:1:2::a1' },
];
