import type { FdbFact, LinkFact } from '../model/network-facts.ts';

/** Where a MAC can be found on this host. */
export interface MacPlaces {
  links: Pick<LinkFact, 'name' | 'kind' | 'mac'>[];
  forwardingDatabase: FdbFact[];
  guests: { name: string; mac: string; tap: string }[];
}

/**
 * Whose a MAC is, in words; null where nothing on this host has it (a raw socket, or a guest that made one up and has gone).
 *
 *     52:54:00:00:00:07 -> the NIC of guest web1
 *     02:00:00:00:00:bb -> the bridge br0 itself
 *     02:66:00:00:00:01 -> something behind port tap0 of br0 (guest web1)
 */
export function findMacOwner(mac: string, { links, forwardingDatabase, guests }: MacPlaces): string | null {
  const guest = guests.find((one) => one.mac === mac);
  if (guest !== undefined) return `the NIC of guest ${guest.name}`;
  const link = links.find((one) => one.mac === mac);
  if (link !== undefined) return link.kind === 'bridge' ? `the bridge ${link.name} itself` : `the link ${link.name}`;
  const learned = forwardingDatabase.find((entry) => entry.mac === mac && !entry.isLocal);
  if (learned === undefined) return null;
  const behind = guests.find(({ tap }) => tap === learned.port);
  const who = behind === undefined ? '' : ` (guest ${behind.name})`;
  return `something behind port ${learned.port} of ${learned.bridge}${who}`;
}
