import type { NatNetwork } from '../model/guest-network.ts';
import type { NatFamilies } from '../model/nat-families.ts';
import { JUDGED_BY_STATE } from './nat-tracked-chains.ts';

/**
 * What a guest may reach on the host (DNS, DHCP, ping, what answers the host's own connections), and what may reach a
 * guest from elsewhere: answers and published ports. Guests reach each other and the world. Our `accept` ends our own
 * chain only: a drop of another program's table still holds.
 */
export function renderFilterChains(network: NatNetwork, tap: string, families: NatFamilies): string[] {
  const ipv6 = (...texts: string[]) => (families === 'both' ? texts : []);
  return [
    '  chain input {',
    '    type filter hook input priority filter; policy accept;',
    `    iifname ${tap} goto input_from_guest`,
    '  }',
    '  chain input_from_guest {',
    `    ${JUDGED_BY_STATE}`,
    `    ip daddr ${network.ipv4Gateway} icmp type echo-request accept`,
    ...ipv6(
      `    ip6 daddr { ${network.ipv6Dns}, ${network.ipv6Gateway}, ff02::1, ff02::2 } icmpv6 type echo-request accept`,
      '    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept',
      '    icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report } drop',
    ),
    `    ip daddr ${network.ipv4Gateway} meta l4proto { tcp, udp } th dport 53 accept`,
    ...ipv6(
      `    ip6 daddr { ${network.ipv6Dns}, ${network.ipv6Gateway} } meta l4proto { tcp, udp } th dport 53 accept`,
    ),
    `    ip daddr { 255.255.255.255, ${network.ipv4Gateway} } udp sport 68 udp dport 67 accept`,
    ...ipv6('    ip6 daddr ff02::1:2 udp sport 546 udp dport 547 accept'),
    '    meta l4proto igmp drop',
    `    counter name host_service reject with ${families === 'both' ? 'icmpx' : 'icmp'} admin-prohibited`,
    '  }',
    '  chain forward {',
    '    type filter hook forward priority filter; policy accept;',
    `    iifname ${tap} goto forward_from_guest`,
    `    oifname ${tap} goto forward_to_guest`,
    '  }',
    '  chain forward_from_guest {',
    `    ${JUDGED_BY_STATE}`,
    '    accept',
    '  }',
    '  chain forward_to_guest {',
    '    ct state established,related accept',
    '    ct status dnat accept',
    '    counter name unasked drop',
    '  }',
  ];
}
