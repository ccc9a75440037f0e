import { ipv4Range } from '../base/address.ts';
import { dnsmasqValue } from '../base/quoting/dnsmasq-value.ts';
import type { NatNetwork } from '../model/guest-network.ts';
import type { NamePorts } from '../model/name-ports.ts';
import { natTapPrefix } from '../model/nat-tap-prefix.ts';

export interface DnsmasqFiles {
  hosts: string;
  dhcpHosts: string;
  leases: string;
}

/** How guests learn their IPv6 address: `ra` where another DHCPv6 server has port 547, `none` where the host has no IPv6. */
export type Ipv6Service = 'dhcp' | 'ra' | 'none';

/**
 * Whom the host asks. dnsmasq follows changes of the file by itself where it can see them; the servers stand in a comment, so that the
 * daemon, too, notices another one and starts dnsmasq anew.
 */
export interface Upstream {
  /** resolv.conf, its links followed. */
  file: string;
  servers: string[];
}

export interface DnsmasqChoices {
  user: string;
  ports: NamePorts;
  ipv6: Ipv6Service;
  /** null when the host names no server: then loopback is asked, as the C library has it. */
  upstream: Upstream | null;
}

/**
 * dnsmasq.conf of an instance. It does not change with the guests: they are in two files that SIGHUP rereads, and the
 * taps are found by their name's beginning as they come and go (`bind-dynamic`). Leases are fixed by MAC. Router
 * advertisements say "not on this link" (every guest has a tap of its own) and offer both SLAAC and DHCPv6, which give
 * the same address, prefix + EUI-64. It listens beside the well-known ports: `nat-port-chains.ts`.
 */
export function renderDnsmasqConfig(network: NatNetwork, files: DnsmasqFiles, choices: DnsmasqChoices): string {
  const { user, ports, ipv6, upstream } = choices;
  const [pool] = network.ipv4Prefix.split('/');
  return [
    '# Written by Lodge.',
    'bind-dynamic',
    `interface=${natTapPrefix(network)}*`,
    'except-interface=lo',
    `port=${ports.dns}`,
    `dhcp-alternate-port=${ports.dhcp},68`,
    `user=${user}`,
    'no-hosts',
    `addn-hosts=${dnsmasqValue(files.hosts)}`,
    'domain=lodge',
    'local=/lodge/',
    'domain-needed',
    'bogus-priv',
    ...renderUpstream(upstream),
    // With 10,000 an answer of 4,000 records keeps dnsmasq from all others for seconds: each record is looked for among those before.
    'cache-size=1000',
    // Guests may have 6,000 questions under way together (plan/name-share.ts), and each one lease of each family.
    'dns-forward-max=10000',
    'dhcp-lease-max=10000',
    'dhcp-authoritative',
    'dhcp-ignore-clid',
    // A guest is called what its owner calls it.
    'dhcp-ignore-names',
    `dhcp-hostsfile=${dnsmasqValue(files.dhcpHosts)}`,
    `dhcp-leasefile=${dnsmasqValue(files.leases)}`,
    'quiet-dhcp',
    'quiet-dhcp6',
    'quiet-ra',
    `dhcp-range=${pool},static,${maskOf(ipv4Range(network.ipv4Prefix).bits)},12h`,
    `dhcp-option=option:router,${network.ipv4Gateway}`,
    `dhcp-option=option:dns-server,${network.ipv4Gateway}`,
    ...(ipv6 === 'none' ? [] : renderIpv6(network, ipv6)),
    '',
  ].join('\n');
}

function renderUpstream(upstream: Upstream | null): string[] {
  if (upstream === null) return ['no-resolv', 'server=127.0.0.1'];
  return [`# The host asks ${upstream.servers.join(' ')}.`, `resolv-file=${dnsmasqValue(upstream.file)}`];
}

function renderIpv6(network: NatNetwork, service: 'dhcp' | 'ra'): string[] {
  const [ula] = network.ipv6Prefix.split('/');
  return [
    'enable-ra',
    `dhcp-range=${ula},${service === 'dhcp' ? 'static,slaac' : 'ra-only'},off-link,64,12h`,
    `dhcp-option=option6:dns-server,[${network.ipv6Dns}]`,
  ];
}

/** `20 -> 255.255.240.0` */
function maskOf(bits: number): string {
  const mask = 2 ** 32 - 2 ** (32 - bits);
  return [24, 16, 8, 0].map((shift) => Math.floor(mask / 2 ** shift) % 256).join('.');
}
