import type { NatGuest } from '../model/nat-guest.ts';

/**
 * dnsmasq's leases without those of guests that are gone whose address another guest has now: dnsmasq keeps an address for whoever
 * leased it, until that lease ends. Null when there are none. A line is `1764239530 52:54:00:00:00:01 10.83.0.2 web1 *`; DHCPv6's, below
 * the line `duid …`, name no MAC and have addresses that are made of one.
 */
export function withoutStaleLeases(text: string, guests: readonly NatGuest[]): string | null {
  const owners = new Map(
    guests.flatMap(({ nic }) => (nic.ipv4 === null ? [] : [[nic.ipv4 as string, nic.mac as string]])),
  );
  const lines = text.split('\n');
  const kept = lines.filter((line) => {
    const [, mac = '', address = ''] = line.split(' ');
    const owner = owners.get(address);
    return owner === undefined || owner === mac.toLowerCase();
  });
  return kept.length === lines.length ? null : kept.join('\n');
}
