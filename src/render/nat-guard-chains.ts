import type { NatNetwork } from '../model/guest-network.ts';
import type { NatFamilies } from '../model/nat-families.ts';
import { renderIdentityChains } from './nat-identity-chains.ts';

/**
 * Anti-spoofing of IPv4 and IPv6, before connection tracking (raw is -300) so that a forged packet leaves no trace
 * there. The first look at the sets passes honest traffic; only a packet that fails it is asked why. Link-local
 * sources other than the gateway's and those of other guests' MACs are free, up to a number: nobody but the host is on a tap, and images make
 * them as they like.
 *
 * What the host sends to all on a tap (dnsmasq's router advertisements, DHCP answers by broadcast) the kernel also hands
 * back to the host, as if it had come in by the tap (`dev_loopback_xmit`). That is no guest's lie: it goes uncounted. It is
 * told apart by conntrack, which has seen it on its way out, and has not seen yet what comes from a guest.
 */
export function renderGuardChains(network: NatNetwork, tap: string, families: NatFamilies): string[] {
  const ipv4 = `  chain guard4 {
    udp sport 67 counter name dhcp_server drop
    udp dport 67 jump guard_dhcp4
    ip daddr 127.0.0.0/8 counter name spoofed_ipv4 drop
    iifname . ether saddr . ip saddr @sources4 accept
    iifname . ether saddr != @macs counter name spoofed_mac drop
    ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept
    counter name spoofed_ipv4 drop
  }`;
  const which = families === 'both' ? 'meta nfproto vmap { ipv4 : jump guard4, ipv6 : jump guard6 }' : 'jump guard4';
  const guard = `  chain guard {
    type filter hook prerouting priority -310; policy accept;
    iifname ${tap} ct state != invalid drop
    iifname ${tap} ${which}
  }`;
  const texts = [guard, ipv4, ...(families === 'both' ? [IPV6] : [])];
  return [...texts.flatMap((text) => text.split('\n')), ...renderIdentityChains(network, families)];
}

const IPV6 = `  chain guard6 {
    udp sport 547 counter name dhcp_server drop
    udp dport 547 jump guard_dhcp6
    icmpv6 type { nd-router-advert, nd-redirect } counter name router_advert drop
    icmpv6 type nd-neighbor-advert jump guard_advert
    icmpv6 type nd-neighbor-solicit jump guard_solicit
    icmpv6 type nd-router-solicit jump guard_router_solicit
    iifname . ether saddr . ip6 saddr @sources6 accept
    iifname . ether saddr != @macs counter name spoofed_mac drop
    ip6 saddr fe80::1 counter name spoofed_ipv6 drop
    iifname . ip6 saddr @own_links accept
    ip6 saddr @guest_links counter name spoofed_ipv6 drop
    ip6 saddr fe80::/64 goto guard_link_local
    ip6 saddr :: icmpv6 type { nd-neighbor-solicit, nd-router-solicit, mld-listener-report, mld2-listener-report } accept
    counter name spoofed_ipv6 drop
  }
  chain guard_link_local {
    iifname . ip6 saddr @link_locals accept
    iifname @new_link_locals counter name over_addresses drop
    add @link_locals { iifname . ip6 saddr } accept
  }
  chain guard_advert {
    iifname . @th,64,128 @targets6 goto guard_link_address
    @th,64,128 0xfe800000000000000000000000000001 counter name neighbour_advert drop
    @th,64,64 0xfe80000000000000 goto guard_link_address
    counter name neighbour_advert drop
  }`;
