import type { NatNetwork } from '../model/guest-network.ts';

/**
 * Masquerade of what leaves by anything but a tap, and published ports: from outside, from the guests, and from the
 * host itself. A connection from the host's loopback address, or of a guest to itself through the host, needs another
 * source address, or the guest would take the packet for a forgery. A neighbour on the wire who writes 127.0.0.1 as the
 * destination gets nothing: DNAT comes before the kernel would drop such a packet. IPv6 has no way from ::1 to another
 * host, so ::1 is left alone. The guests' DNS stays ours even when somebody publishes port 53.
 */
export function renderNatChains(network: NatNetwork, tap: string): string[] {
  return `  chain publish_in {
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr 127.0.0.0/8 accept
    iifname ${tap} ip daddr ${network.ipv4Gateway} meta l4proto { tcp, udp } th dport 53 accept
    iifname ${tap} ip6 daddr { ${network.ipv6Dns}, ${network.ipv6Gateway} } meta l4proto { tcp, udp } th dport 53 accept
    jump publish
  }
  chain publish_out {
    type nat hook output priority -100; policy accept;
    ip6 daddr ::1 accept
    jump publish
  }
  chain publish {
    dnat ip to ip daddr . meta l4proto . th dport map @published4_at
    dnat ip6 to ip6 daddr . meta l4proto . th dport map @published6_at
    fib daddr type local dnat ip to meta l4proto . th dport map @published4
    fib daddr type local dnat ip6 to meta l4proto . th dport map @published6
  }
  chain leave {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "lo" accept
    ip saddr ${network.ipv4Prefix} oifname != ${tap} masquerade
    ip6 saddr ${network.ipv6Prefix} oifname != ${tap} masquerade
    ip saddr 127.0.0.0/8 oifname ${tap} masquerade
    ip saddr . ip daddr @selves4 masquerade
    ip6 saddr . ip6 daddr @selves6 masquerade
  }`.split('\n');
}
