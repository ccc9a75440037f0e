import type { NatNetwork } from '../model/guest-network.ts';
import type { NatFamilies } from '../model/nat-families.ts';

/**
 * Who a payload says it is from. The host believes DHCP's hardware address and the link addresses of neighbour discovery, so
 * they have to be the guest's own, like the frame's. nft has no words for these fields: they are read as raw payload, in bits
 * from the head of UDP or ICMPv6.
 *
 * - DHCP (RFC 2131): a question, for Ethernet, six bytes long; no relay; `chaddr` the guest's, `ciaddr` its own or none. Options have no
 *   fixed place: dnsmasq is told to give none of them a say in who is asking (`dhcp-ignore-clid`).
 * - DHCPv6 (RFC 8415) has its identity in options alone. dnsmasq finds the guest by the MAC of the link-local sender in the neighbour table,
 *   which only true link addresses enter, whatever the tap: so another guest's link-local address is that guest. One that is made of no MAC
 *   has dnsmasq wait: a few messages of each guest, and of all together. What relays and servers say is dropped.
 * - Neighbour discovery (RFC 4861): no option, or exactly the link address, or in a check for duplicates the nonce (RFC 7527). No
 *   honest guest sends more, and further options could not be looked at.
 */
export function renderIdentityChains({ ipv4Gateway }: NatNetwork, families: NatFamilies): string[] {
  const dhcp4 = `  chain guard_dhcp4 {
    ip daddr != { 255.255.255.255, ${ipv4Gateway} } return
    udp sport 68 @th,64,24 0x010106 @th,256,32 0 iifname . @th,288,48 . @th,160,32 @dhcp4 return
    counter name spoofed_dhcp drop
  }`;
  return [dhcp4, ...(families === 'both' ? [IPV6] : [])].flatMap((text) => text.split('\n'));
}

const IPV6 = `  chain guard_dhcp6 {
    ip6 saddr fe80::/64 ip6 daddr ff02::1:2 udp sport 546 @th,64,8 { 1, 3, 4, 5, 6, 8, 9, 11 } goto guard_dhcp6_sender
    counter name spoofed_dhcp drop
  }
  chain guard_dhcp6_sender {
    iifname . ip6 saddr @own_links return
    ip6 saddr @guest_links counter name spoofed_dhcp drop
    iifname @strange_requests counter name over_requests drop
    limit rate over 12/minute burst 12 packets counter name over_requests drop
  }
  chain guard_link_address {
    ip6 nexthdr icmpv6 ip6 length 24 return
    ip6 nexthdr icmpv6 ip6 length 32 @th,192,16 0x0201 iifname . @th,208,48 @link_addresses return
    counter name spoofed_link_address drop
  }
  chain guard_solicit {
    ip6 nexthdr icmpv6 ip6 length 24 return
    ip6 nexthdr icmpv6 ip6 length 32 ip6 saddr != :: @th,192,16 0x0101 iifname . @th,208,48 @link_addresses return
    ip6 nexthdr icmpv6 ip6 length 32 ip6 saddr :: @th,192,16 0x0e01 return
    counter name spoofed_link_address drop
  }
  chain guard_router_solicit {
    ip6 nexthdr icmpv6 ip6 length 8 return
    ip6 nexthdr icmpv6 ip6 length 16 @th,64,16 0x0101 iifname . @th,80,48 @link_addresses return
    counter name spoofed_link_address drop
  }`;
