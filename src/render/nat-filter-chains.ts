import type { NatNetwork } from '../model/guest-network.ts';
import type { NatFamilies } from '../model/nat-families.ts';

/**
 * What a guest may reach on the host (DNS, DHCP, ping, what answers the host's own connections), and what may reach a
 * guest from elsewhere: answers and published ports. Guests reach each other and the world. Our `accept` ends our own
 * chain only: a drop of another program's table still holds.
 */
export function renderFilterChains(network: NatNetwork, tap: string, families: NatFamilies): string[] {
  const ipv6 = (text: string) => (families === 'both' ? [text] : []);
  return [
    '  chain input {',
    '    type filter hook input priority filter; policy accept;',
    `    iifname ${tap} goto input_from_guest`,
    '  }',
    '  chain input_from_guest {',
    '    ct state established,related accept',
    `    meta l4proto ${families === 'both' ? '{ icmp, icmpv6 }' : 'icmp'} accept`,
    `    ip daddr ${network.ipv4Gateway} meta l4proto { tcp, udp } th dport 53 accept`,
    ...ipv6(
      `    ip6 daddr { ${network.ipv6Dns}, ${network.ipv6Gateway} } meta l4proto { tcp, udp } th dport 53 accept`,
    ),
    '    udp sport 68 udp dport 67 accept',
    ...ipv6('    udp sport 546 udp dport 547 accept'),
    '    meta l4proto igmp drop',
    `    counter name host_service reject with ${families === 'both' ? 'icmpx' : 'icmp'} admin-prohibited`,
    '  }',
    '  chain forward {',
    '    type filter hook forward priority filter; policy accept;',
    `    iifname ${tap} accept`,
    `    oifname ${tap} goto forward_to_guest`,
    '  }',
    '  chain forward_to_guest {',
    '    ct state established,related accept',
    '    ct status dnat accept',
    '    counter name unasked drop',
    '  }',
  ];
}
