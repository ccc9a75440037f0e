import type { NatNetwork } from '../model/guest-network.ts';
import type { NatGuest } from '../model/nat-guest.ts';
import { renderNftSet } from './nat-sets.ts';

/**
 * ARP from guests: the frame's sender and both sender fields of the body must be the guest's. The last rule keeps the
 * host from answering the provider's network for the gateway address, which Linux does by default for every address it
 * has (arp_ignore 0).
 */
export function renderArpTable(network: NatNetwork, guests: NatGuest[], tap: string): string[] {
  const nics = guests.map((guest) => guest.nic);
  const senders = nics.flatMap((nic) =>
    nic.ipv4 === null ? [] : [`"${nic.tap}" . ${nic.mac} . ${nic.mac} . ${nic.ipv4}`],
  );
  const probers = nics.map((nic) => `"${nic.tap}" . ${nic.mac} . ${nic.mac}`);
  return [
    `table arp ${network.tableName}`,
    `delete table arp ${network.tableName}`,
    `table arp ${network.tableName} {`,
    '  counter spoofed_arp { }',
    ...renderNftSet('set', 'senders', 'type ifname . ether_addr . ether_addr . ipv4_addr', senders),
    ...renderNftSet('set', 'probers', 'type ifname . ether_addr . ether_addr', probers),
    ...`  chain guard {
    type filter hook input priority filter; policy accept;
    iifname ${tap} goto guard_guest
    arp daddr ip ${network.ipv4Prefix} drop
  }
  chain guard_guest {
    iifname . ether saddr . arp saddr ether . arp saddr ip @senders accept
    arp saddr ip 0.0.0.0 iifname . ether saddr . arp saddr ether @probers accept
    counter name spoofed_arp drop
  }
}`.split('\n'),
  ];
}
