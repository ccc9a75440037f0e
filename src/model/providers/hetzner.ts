import type { Provider } from '../provider.ts';

export const hetzner: Provider = {
  id: 'hetzner',
  title: 'Hetzner dedicated servers',
  isolatesCustomers: true,
  foreignMac: 'a mail about abuse (MAC errors), and the switch may shut the port',
  // The provider's guide to routed guests has no proxy ARP, which speaks for a fixed binding; nothing documents it.
  ipv4: { arp: null, virtualMacs: 'optional', virtualMacGateway: null },
  ipv6: { modes: ['routed'], gateway: 'fe80::1' },
  signs: [
    {
      kind: 'file-text',
      value: 'Hetzner Online',
      reason: "a configuration file was written by Hetzner's installer",
      weight: 5,
    },
    { kind: 'nameserver', value: '185.12.64.1', reason: "the name server 185.12.64.1 is Hetzner's", weight: 3 },
    { kind: 'nameserver', value: '185.12.64.2', reason: "the name server 185.12.64.2 is Hetzner's", weight: 1 },
    { kind: 'nameserver', value: '2a01:4ff:ff00::add:1', reason: "a name server of Hetzner's is used", weight: 1 },
    { kind: 'file-text', value: 'your-server.de', reason: "a host name of Hetzner's stands in a file", weight: 3 },
    {
      kind: 'ipv6-gateway',
      value: 'fe80::1',
      reason: 'the IPv6 gateway is fe80::1, as Hetzner gives it (others do too)',
      weight: 1,
    },
    {
      kind: 'ipv4-prefix-length',
      value: 26,
      reason: 'the main address is in a /26, which Hetzner uses',
      weight: 1,
    },
    { kind: 'ipv4-prefix-length', value: 27, reason: 'the main address is in a /27, which Hetzner uses', weight: 1 },
  ],
  rescue: 'Robot: activate the rescue system, then reset the server; or order a remote console (KVM)',
  sources: [
    'docs.hetzner.com: network configuration for Debian and Ubuntu (/26 or /27, frames only to the gateway)',
    'docs.hetzner.com: additional IP addresses (virtual MACs for single addresses; /64 routed to the EUI-64 link-local address)',
    'docs.hetzner.com: failover; vSwitch',
    'community.hetzner.com: install and configure Proxmox VE',
    'github.com/hetzneronline/installimage issue 123: what the Debian images still write',
    'docs.hetzner.com: recursive name servers',
  ],
};
