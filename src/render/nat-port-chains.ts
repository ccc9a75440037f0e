import type { NamePorts } from '../model/name-ports.ts';
import type { NatFamilies } from '../model/nat-families.ts';

/**
 * The guests ask for DNS and DHCP at the ports that the world knows; our name service listens on others, because a server of the
 * host may hold those (bind and unbound take every new address of the host as it appears), or want them later. The port is written
 * anew as the last thing before the socket is looked up, and as the first thing of an answer: every firewall of the host,
 * and connection tracking, see 53 and 67. No NAT: a broadcast has no address that could be translated.
 *
 * A question that comes without a checksum, as IPv4 allows, stays without one: the kernel would mend what is not there.
 *
 * A question by DHCP loses its checksum on the way, which IPv4 allows (RFC 768). nft 1.1 (Debian 13) has the kernel mend it as if the
 * change were outside UDP; the sum that was kept since connection tracking looked is then wrong (UdpInCsumErrors), and the socket of a
 * broadcast, which asks again, drops it.
 */
export function renderPortChains(tap: string, { dns, dhcp }: NamePorts, families: NatFamilies): string[] {
  const overIpv4 = families === 'both' ? 'meta nfproto ipv4 ' : '';
  return [
    '  chain to_name_service {',
    '    type filter hook input priority 1000; policy accept;',
    `    iifname ${tap} ${overIpv4}udp dport 53 udp checksum 0 udp dport set ${dns} udp checksum set 0`,
    `    iifname ${tap} udp dport 53 udp dport set ${dns}`,
    `    iifname ${tap} tcp dport 53 tcp dport set ${dns}`,
    `    iifname ${tap} udp dport 67 udp dport set ${dhcp} udp checksum set 0`,
    '  }',
    '  chain from_name_service {',
    '    type filter hook output priority -400; policy accept;',
    `    oifname ${tap} udp sport ${dns} udp sport set 53`,
    `    oifname ${tap} tcp sport ${dns} tcp sport set 53`,
    `    oifname ${tap} udp sport ${dhcp} udp sport set 67`,
    '  }',
  ];
}
