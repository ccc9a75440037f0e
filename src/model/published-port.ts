import {
  type Ipv4Address,
  type Ipv6Address,
  ipv4FromNumber,
  ipv6ToBigInt,
  parseIpv4,
  parseIpv6,
} from '../base/address.ts';
import { type Parsed, parsed, rejected } from '../base/parsed.ts';
import type { PublishedPort } from './guest.ts';

const RULE = 'a published port such as 8080:80, 127.0.0.1:8080:80, [2001:db8::1]:8080:80 or 53:53/udp';

const ADDRESS_RULE = 'an IPv4 or IPv6 address';

const EVERY_IPV4 = '0.0.0.0';
const EVERY_IPV6 = '::';
/** `::ffff:0:0/96` (RFC 4291 section 2.5.5.2): an IPv4 address in the clothes of IPv6. No packet carries it. */
const MAPPED = 0xffffn;

type HostAddress = PublishedPort['hostAddress'];

/**
 * Reads `[ADDRESS:]HOSTPORT:GUESTPORT[/tcp|/udp]`. A wildcard is every address of its family, `*` of both.
 *
 *     8080:80, *:8080:80       -> tcp, every address of the host
 *     0.0.0.0:8080:80          -> tcp, every IPv4 address
 *     [::]:8080:80, :::8080:80 -> tcp, every IPv6 address
 *     [2001:db8::1]:53:53/udp  -> udp, that address only
 */
export function parsePublish(text: string): Parsed<PublishedPort> {
  const match = /^(?:(?:\[([^\]]+)\]|(::)|([^:/[\]]+)):)?(\d{1,5}):(\d{1,5})(?:\/(tcp|udp))?$/.exec(text.trim());
  if (match === null) return rejected(RULE);
  const [, bracketed, wildcard, bare, hostText, guestText, protocol] = match;
  const hostPort = Number(hostText);
  const guestPort = Number(guestText);
  if (!isPort(hostPort) || !isPort(guestPort)) return rejected('ports between 1 and 65535');
  const address = readHostAddress(bracketed ?? wildcard ?? bare ?? '*');
  if (!address.ok || (bracketed !== undefined && !bracketed.includes(':'))) {
    return rejected(
      bracketed === undefined ? `${RULE}: ${bare} is no address` : `${RULE}: no IPv6 address is in the brackets`,
    );
  }
  return parsed({
    protocol: protocol === 'udp' ? 'udp' : 'tcp',
    hostAddress: address.value,
    hostPort,
    guestPort,
  });
}

/** `* -> null`, `::ffff:192.0.2.1 -> 192.0.2.1`, every other address as it is written shortest. */
export function readHostAddress(text: string): Parsed<HostAddress> {
  if (text === '*') return parsed(null);
  if (!text.includes(':')) {
    const ipv4 = parseIpv4(text);
    return ipv4.ok ? ipv4 : rejected(ADDRESS_RULE);
  }
  const address = parseIpv6(text);
  if (!address.ok) return rejected(ADDRESS_RULE);
  const value = ipv6ToBigInt(address.value);
  return parsed(value >> 32n === MAPPED ? ipv4FromNumber(Number(value & 0xffff_ffffn)) : address.value);
}

/** The text `parsePublish` reads: `8080:80`, `0.0.0.0:8080:80`, `[::]:8080:80/udp`. */
export function formatPublish(port: PublishedPort): string {
  const { hostAddress, hostPort, guestPort, protocol } = port;
  const host = hostAddress === null ? '' : hostAddress.includes(':') ? `[${hostAddress}]:` : `${hostAddress}:`;
  return `${host}${hostPort}:${guestPort}${protocol === 'udp' ? '/udp' : ''}`;
}

/** Whether the port is published on every address of the family that the host has. */
export function isEverywhere({ hostAddress }: PublishedPort, family: 'ipv4' | 'ipv6'): boolean {
  return hostAddress === null || hostAddress === (family === 'ipv4' ? EVERY_IPV4 : EVERY_IPV6);
}

/** The one address it is published on, or null when that is a wildcard. */
export function singleHostAddress({ hostAddress }: PublishedPort): Ipv4Address | Ipv6Address | null {
  return hostAddress === EVERY_IPV4 || hostAddress === EVERY_IPV6 ? null : hostAddress;
}

/** The family whose packets it is for; null: both. */
export function familyOfPublished({ hostAddress }: PublishedPort): 'ipv4' | 'ipv6' | null {
  if (hostAddress === null) return null;
  return hostAddress.includes(':') ? 'ipv6' : 'ipv4';
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535;
}
