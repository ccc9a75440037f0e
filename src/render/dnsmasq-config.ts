import { ipv4Range } from '../base/address.ts';
import type { NatNetwork } from '../model/guest-network.ts';
import { natTapPrefix } from '../model/nat-tap-prefix.ts';

export interface DnsmasqFiles {
  hosts: string;
  dhcpHosts: string;
  leases: string;
}

/**
 * dnsmasq.conf of an instance. It does not change with the guests: they are in two files that SIGHUP rereads, and the
 * taps are found by their name's beginning as they come and go (`bind-dynamic`). Leases are fixed by MAC. Router
 * advertisements say "not on this link" (every guest has a tap of its own) and offer both SLAAC and DHCPv6, which give
 * the same address, prefix + EUI-64.
 */
export function renderDnsmasqConfig(network: NatNetwork, files: DnsmasqFiles, user: string): string {
  const [pool] = network.ipv4Prefix.split('/');
  const [ula] = network.ipv6Prefix.split('/');
  return [
    '# Written by Lodge.',
    'bind-dynamic',
    `interface=${natTapPrefix(network)}*`,
    'except-interface=lo',
    `user=${user}`,
    'no-hosts',
    `addn-hosts=${files.hosts}`,
    'domain=lodge',
    'local=/lodge/',
    'domain-needed',
    'bogus-priv',
    'cache-size=1000',
    'dhcp-authoritative',
    `dhcp-hostsfile=${files.dhcpHosts}`,
    `dhcp-leasefile=${files.leases}`,
    'quiet-dhcp',
    'quiet-dhcp6',
    'quiet-ra',
    `dhcp-range=${pool},static,${maskOf(ipv4Range(network.ipv4Prefix).bits)},12h`,
    `dhcp-option=option:router,${network.ipv4Gateway}`,
    `dhcp-option=option:dns-server,${network.ipv4Gateway}`,
    'enable-ra',
    `dhcp-range=${ula},static,slaac,off-link,64,12h`,
    `dhcp-option=option6:dns-server,[${network.ipv6Dns}]`,
    '',
  ].join('\n');
}

/** `20 -> 255.255.240.0` */
function maskOf(bits: number): string {
  const mask = 2 ** 32 - 2 ** (32 - bits);
  return [24, 16, 8, 0].map((shift) => Math.floor(mask / 2 ** shift) % 256).join('.');
}
