import type { Provider } from '../provider.ts';

export const scalewayDedibox: Provider = {
  id: 'scaleway-dedibox',
  title: 'Scaleway Dedibox (Online.net)',
  isolatesCustomers: false,
  foreignMac: 'the switch protects itself and shuts the port',
  ipv4: { arp: null, virtualMacs: 'required', virtualMacGateway: '62.210.0.1' },
  ipv6: { modes: ['delegated'], gateway: null },
  signs: [
    { kind: 'nameserver', value: '51.159.47.28', reason: "the name server 51.159.47.28 is Scaleway's", weight: 4 },
    { kind: 'nameserver', value: '51.159.47.26', reason: "the name server 51.159.47.26 is Scaleway's", weight: 2 },
    { kind: 'nameserver', value: '62.210.16.6', reason: "the name server 62.210.16.6 is Online.net's", weight: 4 },
    { kind: 'nameserver', value: '62.210.16.7', reason: "the name server 62.210.16.7 is Online.net's", weight: 2 },
    { kind: 'file-text', value: 'DUIDRawData', reason: 'a DHCPv6 identity (DUID) is set by hand', weight: 2 },
    { kind: 'file-text', value: 'online.net', reason: "a name of Online.net's stands in a file", weight: 3 },
    { kind: 'file-text', value: 'poneytelecom.eu', reason: "a host name of Dedibox's stands in a file", weight: 3 },
    { kind: 'ipv4-gateway-suffix', value: '.1', reason: 'the IPv4 gateway ends in .1, as at Dedibox', weight: 0.5 },
  ],
  rescue: 'Dedibox console: boot the rescue system; or open the remote console (IPMI)',
  sources: [
    'scaleway.com/docs: dedibox-ip-failover (virtual MACs, gateway 62.210.0.1, what happens to an unknown MAC)',
    'scaleway.com/docs: dedibox-ipv6, configure IPv6 on Linux (DUID, prefix delegation)',
  ],
};
