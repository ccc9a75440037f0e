/** The families that our rules have words for. */
export type NatFamilies = 'both' | 'ipv4';

/**
 * Why guests have no IPv6 here. `absent`: the kernel has none (ipv6.disable=1); `off`: net.ipv6.conf.all.disable_ipv6 is 1;
 * `unguarded`: nftables of this kernel know no IPv6, and an unguarded guest could send in any name.
 */
export type Ipv6State = 'on' | 'absent' | 'off' | 'unguarded';

/** Where IPv6 is only switched off our rules still judge it: it may be switched on at any time. */
export function familiesOf(state: Ipv6State): NatFamilies {
  return state === 'on' || state === 'off' ? 'both' : 'ipv4';
}

/** The reason as the end of a sentence: "…: IPv6 is switched off in this host's kernel (ipv6.disable=1)". */
export function whyNoIpv6(state: Exclude<Ipv6State, 'on'>): string {
  switch (state) {
    case 'absent':
      return "IPv6 is switched off in this host's kernel (ipv6.disable=1)";
    case 'off':
      return 'IPv6 is switched off on this host (net.ipv6.conf.all.disable_ipv6=1)';
    case 'unguarded':
      return "nftables of this host's kernel know no IPv6";
  }
}
