import { type Ipv4Address, type Ipv4Prefix, type Ipv6Address, ipv4PrefixContains } from '../base/address.ts';
import type { Problem } from '../base/errors.ts';
import type { PublishedPort } from '../model/guest.ts';
import {
  familyOfPublished,
  formatPublish,
  isEverywhere,
  readHostAddress,
  singleHostAddress,
} from '../model/published-port.ts';

/** What of the host and the guest decides whether a port can be published. */
export interface PublishedFacts {
  takenByGuests: PublishedPort[];
  addresses: { ipv4: Ipv4Address | null; ipv6: Ipv6Address | null };
  /** Single addresses among the wanted ones that are none of the host's. */
  strangers: readonly string[];
}

/**
 * Problems of a guest's published ports: an address that no packet can come to, two of them the same, one that another
 * guest has, one of a family the guest has no address of. A wildcard overlaps every address of its family. Ports of the host's own
 * programs are not seen here: `hostPortInUse` asks for them.
 */
export function checkPublished(wanted: PublishedPort[], facts: PublishedFacts): Problem[] {
  return wanted.flatMap((port, index) => {
    const address = addressRule(port, facts.strangers);
    const rules = [
      wanted.slice(0, index).some((other) => publishedOverlap(other, port)) ? 'must be published only once' : null,
      facts.takenByGuests.some((taken) => publishedOverlap(taken, port))
        ? 'must not be published by another guest'
        : null,
      address ?? brokenFamilyRule(port, facts.addresses),
    ];
    return rules
      .filter((rule) => rule !== null)
      .map((rule) => ({ path: `publish[${index}]`, rule, value: formatPublish(port) }));
  });
}

/** Whether a packet could be meant for both. */
export function publishedOverlap(a: PublishedPort, b: PublishedPort): boolean {
  if (a.protocol !== b.protocol || a.hostPort !== b.hostPort) return false;
  if (a.hostAddress === b.hostAddress) return true;
  return (['ipv4', 'ipv6'] as const).some(
    (family) => isOfFamily(a, family) && isOfFamily(b, family) && (isEverywhere(a, family) || isEverywhere(b, family)),
  );
}

function isOfFamily(port: PublishedPort, family: 'ipv4' | 'ipv6'): boolean {
  return (familyOfPublished(port) ?? family) === family;
}

/**
 * IPv6 of one link only is refused, because a router never takes a packet with such a sender on (RFC 4291 section 2.5.6); the
 * kernel leads nothing from ::1 to another host. An address that is not the host's would take away connections that are
 * meant for somebody else.
 */
function addressRule(port: PublishedPort, strangers: readonly string[]): string | null {
  const { hostAddress } = port;
  if (hostAddress === null) return null;
  const read = readHostAddress(hostAddress);
  if (!read.ok) return `must have ${read.reason} as its address of the host`;
  if (read.value !== hostAddress) return `must name its address as ${read.value ?? 'null'}`;
  if (hostAddress === '::1') return 'no port of ::1, which the kernel leads nowhere: use 127.0.0.1';
  if (/^fe[89ab]/.test(hostAddress)) return 'no port of a link-local address, which is never forwarded: use [::]';
  if (isForMany(hostAddress)) return 'must be on an address of one host';
  if (!strangers.includes(hostAddress)) return null;
  return `must be on an address that the host has (0.0.0.0 is every IPv4 address, [::] every IPv6 address)`;
}

/** Multicast, broadcast, and 0.0.0.1 to 0.255.255.255, which are no destinations (RFC 1122 section 3.2.1.3). */
function isForMany(address: Ipv4Address | Ipv6Address): boolean {
  if (address.includes(':')) return address.startsWith('ff');
  const within = (prefix: string) => ipv4PrefixContains(prefix as Ipv4Prefix, address as Ipv4Address);
  return within('224.0.0.0/3') || (within('0.0.0.0/8') && address !== '0.0.0.0');
}

function brokenFamilyRule(port: PublishedPort, addresses: PublishedFacts['addresses']): string | null {
  const family = familyOfPublished(port);
  if (family === null || addresses[family] !== null) return null;
  return `must be of a family the guest has an address of (it has no ${family})`;
}

/** The addresses that have to be the host's: what `listStrangers` is asked for. */
export function singleAddresses(ports: PublishedPort[]): string[] {
  return ports.map(singleHostAddress).filter((address) => address !== null);
}
