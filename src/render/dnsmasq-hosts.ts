import type { NatGuest } from '../model/nat-guest.ts';

/** The guests' names for DNS, in the form of hosts(5): `10.83.0.2 web1 web1.lodge`. */
export function renderDnsHosts(guests: NatGuest[]): string {
  return guests
    .flatMap(({ name, nic }) =>
      [nic.ipv4, nic.ipv6].filter((address) => address !== null).map((address) => `${address} ${name} ${name}.lodge\n`),
    )
    .join('');
}

/** The guests' leases, one `dhcp-host` a line: `52:54:00:12:34:56,10.83.0.2,[fd12::2],web1`. */
export function renderDhcpHosts(guests: NatGuest[]): string {
  return guests
    .map(({ name, nic }) =>
      [nic.mac, nic.ipv4, nic.ipv6 === null ? null : `[${nic.ipv6}]`, name].filter((part) => part !== null).join(','),
    )
    .map((line) => `${line}\n`)
    .join('');
}
