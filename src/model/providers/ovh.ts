import type { Provider } from '../provider.ts';

export const ovh: Provider = {
  id: 'ovh',
  title: 'OVHcloud dedicated servers',
  isolatesCustomers: false,
  foreignMac: 'not documented; the port may be shut',
  ipv4: {
    arp: 'asks',
    // Not on Scale, High Grade and the newest Advance servers: there addresses are routed, and virtual MACs must not be used.
    virtualMacs: 'optional',
    virtualMacGateway: null,
  },
  // Servers since July 2024 have a /56; how it is delivered is not documented.
  ipv6: { modes: ['on-link', 'routed'], gateway: null },
  signs: [
    {
      kind: 'ipv6-gateway-suffix',
      value: 'ff:ff:ff:ff:ff',
      reason: 'the IPv6 gateway ends in ff:ff:ff:ff:ff, which only OVH does',
      weight: 5,
    },
    { kind: 'nameserver', value: '213.186.33.99', reason: "the name server 213.186.33.99 is OVH's", weight: 4 },
    { kind: 'nameserver', value: '2001:41d0:3:163::1', reason: "a name server of OVH's is used", weight: 4 },
    { kind: 'nameserver', value: '2001:41d0:3:1c7::1', reason: "a name server of OVH's is used", weight: 4 },
    { kind: 'file-text', value: 'cdns.ovh.net', reason: "a name server of OVH's stands in a file", weight: 4 },
    { kind: 'ipv4-gateway-suffix', value: '.254', reason: 'the IPv4 gateway ends in .254, as at OVH', weight: 1 },
  ],
  rescue: 'OVHcloud Control Panel: boot the server in rescue mode; or open IPMI (KVM)',
  sources: [
    'github.com/ovh/docs: network_bridging; network_support_virtual_mac; proxmox-network-HG-Scale; configure-an-ipv6-on-a-vm',
    "github.com/DanielAdolfsson/ndppd issue 81: a log of solicitations by OVH's routers",
    'github.com/ovh/infrastructure-roadmap issue 181: no virtual MAC for IPv6',
  ],
};
