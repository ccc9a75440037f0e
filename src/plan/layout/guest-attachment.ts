import { type Ipv4Address, type Ipv6Address, ipv4PrefixContains } from '../../base/address.ts';
import type { HostConfig } from '../../model/host-config.ts';
import type { NetworkChange } from '../../model/network-change.ts';

/** What every guest on a tap has for a gateway in IPv4: link-local (RFC 3927), the same on every host. */
export const GUEST_GATEWAY_IPV4 = '169.254.0.1' as Ipv4Address;
/** And in IPv6, also on a bridge: a guest can move. */
export const GUEST_GATEWAY_IPV6 = 'fe80::1' as Ipv6Address;

interface Attachment {
  host: HostConfig;
  /** The link that has the host's addresses: where the provider asks. */
  layer3: string;
  tap: string;
  ipv4: Ipv4Address | null;
  ipv6: Ipv6Address | null;
}

/**
 * What the host does for one guest on a routed tap (network.md, layout B): the guest's gateways on the tap, the routes to it, and the
 * host's answer for its addresses where the provider asks on the wire: for exactly these, and on exactly that link.
 */
export function planGuestAttachment({ host, layer3, tap, ipv4, ipv6 }: Attachment): NetworkChange[] {
  const own = { link: tap, peer: null, noPrefixRoute: false };
  const way = {
    type: 'unicast',
    via: null,
    link: tap,
    source: null,
    metric: null,
    isOnLink: false,
    protocol: 'static',
  } as const;
  const changes: NetworkChange[] = [];
  if (ipv4 !== null) {
    changes.push(
      { kind: 'add-address', address: { ...own, family: 'ipv4', address: GUEST_GATEWAY_IPV4, prefixLength: 32 } },
      { kind: 'add-route', route: { ...way, family: 'ipv4', destination: `${ipv4}/32`, scope: 'link' } },
    );
    if (isAskedFor(host, ipv4)) changes.push({ kind: 'add-proxy', link: layer3, family: 'ipv4', address: ipv4 });
  }
  if (ipv6 !== null) {
    changes.push(
      { kind: 'add-address', address: { ...own, family: 'ipv6', address: GUEST_GATEWAY_IPV6, prefixLength: 64 } },
      { kind: 'add-route', route: { ...way, family: 'ipv6', destination: `${ipv6}/128`, scope: null } },
    );
    if (host.ipv6?.mode === 'on-link') changes.push({ kind: 'add-proxy', link: layer3, family: 'ipv6', address: ipv6 });
  }
  return changes;
}

/** Subnets and failover addresses are routed to the main address: nobody asks for them on the wire. */
function isAskedFor({ extraIpv4 }: HostConfig, address: Ipv4Address): boolean {
  return !extraIpv4.some((extra) => extra.kind !== 'single' && ipv4PrefixContains(extra.prefix, address));
}
