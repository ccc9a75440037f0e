/**
 * Options that change nothing of addresses and routes, or that are read elsewhere: of ifupdown, and of packages that add some
 * (bridge-utils, vlan, ifenslave, resolvconf, wpasupplicant, wireless-tools, ethtool). Hyphens and underscores are one.
 */
const KNOWN = new Set(
  `address netmask broadcast network gateway pointopoint metric hwaddress mtu scope media description alias comment
  hostname leasetime vendor client bootfile server hwaddr provider unit options dns-nameservers
  accept-ra autoconf privext dhcp request-prefix ll-attempts ll-interval preferred-lifetime dad-attempts dad-interval
  endpoint local ttl mode dstaddr encaplimit slaves txqueuelen
  pre-up up down post-down ip-forward ip6-forward link-type inet6-forward driver`.split(/\s+/),
);
const KNOWN_BEGINNINGS =
  /^(dns|bridge|bond|vlan|wpa|wireless|ethtool|offload|hardware|link|mstpctl|hostapd|firewall|systemd|multicast)-/;

/** Why an option is not followed, or null for one that is, or that does no harm. */
export function whyUnknownOption(name: string): string | null {
  const plain = hyphened(name);
  if (KNOWN.has(plain) || KNOWN_BEGINNINGS.test(plain)) return null;
  if (plain.startsWith('ovs-')) return 'Open vSwitch, which Lodge does not follow';
  if (/^(vrf|vxlan|tunnel|address-virtual|vrrp|clagd|xfrm|batman)/.test(plain)) {
    return `${name} belongs to a kind of link that Lodge does not follow`;
  }
  return `no option of that name is known; ifupdown hands it to scripts as IF_${plain.toUpperCase().replaceAll('-', '_')}`;
}

/** `bridge_ports -> bridge-ports`: ifupdown2 writes hyphens, bridge-utils underscores, and both read both. */
export function hyphened(name: string): string {
  return name.replaceAll('_', '-');
}
