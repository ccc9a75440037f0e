import type { NatNetwork } from '../model/guest-network.ts';
import type { NatFamilies } from '../model/nat-families.ts';

/**
 * Masquerade of what leaves by anything but a tap, and published ports: from outside, from the guests, and from the
 * host itself. A connection from the host's loopback address, or of a guest to itself through the host, needs another
 * source address, or the guest would take the packet for a forgery. A neighbour on the wire who writes 127.0.0.1 as the
 * destination gets nothing: DNAT comes before the kernel would drop such a packet. IPv6 has no way from ::1 to another
 * host, so ::1 is left alone. The guests' DNS stays ours even when somebody publishes port 53. Only what is meant for the host
 * itself is led on: an address that moved to another server meanwhile (a failover address) is reached there.
 */
export function renderNatChains(network: NatNetwork, tap: string, families: NatFamilies): string[] {
  const ipv6 = (...texts: string[]) => (families === 'both' ? texts : []);
  const dns = 'meta l4proto { tcp, udp } th dport 53 accept';
  const lead = (digit: 4 | 6) => `dnat ${digit === 4 ? 'ip' : 'ip6'} to`;
  return [
    '  chain publish_in {',
    '    type nat hook prerouting priority dstnat; policy accept;',
    '    ip daddr 127.0.0.0/8 accept',
    `    iifname ${tap} ip daddr ${network.ipv4Gateway} ${dns}`,
    ...ipv6(`    iifname ${tap} ip6 daddr { ${network.ipv6Dns}, ${network.ipv6Gateway} } ${dns}`),
    '    fib daddr type local jump publish',
    '  }',
    '  chain publish_out {',
    '    type nat hook output priority -100; policy accept;',
    ...ipv6('    ip6 daddr ::1 accept'),
    '    fib daddr type local jump publish',
    '  }',
    '  chain publish {',
    `    ${lead(4)} ip daddr . meta l4proto . th dport map @published4_at`,
    ...ipv6(`    ${lead(6)} ip6 daddr . meta l4proto . th dport map @published6_at`),
    `    ${lead(4)} meta l4proto . th dport map @published4`,
    ...ipv6(`    ${lead(6)} meta l4proto . th dport map @published6`),
    '  }',
    '  chain leave {',
    '    type nat hook postrouting priority srcnat; policy accept;',
    '    oifname "lo" accept',
    `    ip saddr ${network.ipv4Prefix} oifname != ${tap} masquerade`,
    ...ipv6(`    ip6 saddr ${network.ipv6Prefix} oifname != ${tap} masquerade`),
    `    ip saddr 127.0.0.0/8 oifname ${tap} masquerade`,
    '    ip saddr . ip daddr @selves4 masquerade',
    ...ipv6('    ip6 saddr . ip6 daddr @selves6 masquerade'),
    '  }',
  ];
}
