import type { Ipv4Address, Ipv4Prefix, Ipv6Address, Ipv6Prefix, MacAddress } from '../base/address.ts';

export type ProviderId = 'hetzner' | 'ovh' | 'scaleway-dedibox' | 'generic';

/** `/etc/lodge/host.yaml`: what the provider gave this host. `lodge net import` writes it, the owner completes it. */
export interface HostConfig {
  version: 1;
  provider: ProviderId;
  uplink: { name: string; mac: MacAddress };
  /** null: the host has no public IPv4. */
  ipv4: HostIpv4 | null;
  ipv6: HostIpv6 | null;
  /** IPv4 beyond the main address. */
  extraIpv4: ExtraIpv4[];
}

export interface HostIpv4 {
  address: Ipv4Address;
  /** As the provider delivered it. Others in that network are behind the gateway all the same where customers are isolated. */
  prefixLength: number;
  gateway: Ipv4Address;
}

/**
 * How the prefix comes: `routed` to the link-local address made from the uplink's MAC (nothing is asked for on the wire), `on-link`
 * (the provider asks by neighbour solicitation for each address), `delegated` (DHCPv6 prefix delegation keeps it alive).
 */
export type Ipv6Mode = 'routed' | 'on-link' | 'delegated';

export interface HostIpv6 {
  prefix: Ipv6Prefix;
  /** The host's own address in it; null where it has none. */
  address: Ipv6Address | null;
  gateway: Ipv6Address;
  mode: Ipv6Mode;
}

/**
 * `single`: one more address, with its own gateway where it is bridged with the provider's virtual MAC. `subnet`: routed to the main
 * address. `failover`: an address or a subnet that the provider can move to another host; always routed to the main address.
 */
export type ExtraIpv4 =
  | { kind: 'single'; address: Ipv4Address; gateway: Ipv4Address | null; mac: MacAddress | null }
  | { kind: 'subnet'; prefix: Ipv4Prefix }
  | { kind: 'failover'; prefix: Ipv4Prefix };
