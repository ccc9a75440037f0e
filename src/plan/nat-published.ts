import type { Ipv4Address, Ipv6Address } from '../base/address.ts';
import type { Problem } from '../base/errors.ts';
import type { PublishedPort } from '../model/guest.ts';
import { formatPublish } from '../model/published-port.ts';

/**
 * Problems of a guest's published ports: two of them the same, one that another guest has, one of a family the guest
 * has no address of. `null` as host address overlaps every address. Ports of the host's own programs are not seen here:
 * `hostPortInUse` asks for them.
 */
export function checkPublished(
  wanted: PublishedPort[],
  takenByGuests: PublishedPort[],
  addresses: { ipv4: Ipv4Address | null; ipv6: Ipv6Address | null } | null = null,
): Problem[] {
  return wanted.flatMap((port, index) => {
    const rules = [
      wanted.slice(0, index).some((other) => publishedOverlap(other, port)) ? 'must be published only once' : null,
      takenByGuests.some((taken) => publishedOverlap(taken, port)) ? 'must not be published by another guest' : null,
      port.hostAddress === '::1' ? 'no port of ::1, which the kernel leads nowhere: use 127.0.0.1' : null,
      brokenFamilyRule(port, addresses),
    ];
    return rules
      .filter((rule) => rule !== null)
      .map((rule) => ({ path: `publish[${index}]`, rule, value: formatPublish(port) }));
  });
}

/** Whether a packet could be meant for both. */
export function publishedOverlap(a: PublishedPort, b: PublishedPort): boolean {
  if (a.protocol !== b.protocol || a.hostPort !== b.hostPort) return false;
  return a.hostAddress === null || b.hostAddress === null || a.hostAddress === b.hostAddress;
}

function brokenFamilyRule(
  port: PublishedPort,
  addresses: { ipv4: Ipv4Address | null; ipv6: Ipv6Address | null } | null,
): string | null {
  if (addresses === null || port.hostAddress === null) return null;
  const family = port.hostAddress.includes(':') ? 'ipv6' : 'ipv4';
  return addresses[family] === null ? `must be of a family the guest has an address of (it has no ${family})` : null;
}
