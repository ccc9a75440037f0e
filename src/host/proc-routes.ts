import { type Ipv4Address, type Ipv6Address, ipv4FromNumber, ipv6FromBigInt } from '../base/address.ts';
import { MIB } from '../base/size.ts';
import { readIfPresent } from './files.ts';

/** An address, and the link that it is on, or that it is reached by. */
export interface PlacedAddress {
  link: string;
  address: Ipv4Address | Ipv6Address;
}

/** 30,000 routes: a host that has the internet's own is not asked for all of them again and again. */
const TABLE_MAX_BYTES = 4 * MIB;

/**
 * The single IPv4 addresses that the main table has a route for, read from /proc because it takes no process; null where there are too many
 * routes for that.
 */
export async function listIpv4HostRoutes(): Promise<PlacedAddress[] | null> {
  const text = await readIfPresent('/proc/self/net/route', TABLE_MAX_BYTES).catch(() => null);
  return text === null ? null : parseIpv4HostRoutes(text);
}

/** Every IPv6 address of the host. Empty without IPv6. */
export async function listIpv6Addresses(): Promise<PlacedAddress[]> {
  return parseIpv6Addresses((await readIfPresent('/proc/self/net/if_inet6').catch(() => null)) ?? '');
}

/**
 * Lines of /proc/net/route: link, destination, gateway, flags, references, uses, metric, mask, … Addresses are words of this machine (x86:
 * the last byte first).
 *
 *     eth0  0100000A … FFFFFFFF -> eth0 10.0.0.1
 */
export function parseIpv4HostRoutes(text: string): PlacedAddress[] {
  return text.split('\n').flatMap((line) => {
    const [link = '', destination = '', , , , , , mask] = line.trim().split(/\s+/);
    if (mask !== 'FFFFFFFF') return [];
    return [{ link, address: ipv4FromNumber(Buffer.from(destination, 'hex').readUInt32LE()) }];
  });
}

/** Lines of /proc/net/if_inet6: address, number of the link, length, scope, flags, name of the link; numbers in hex. */
export function parseIpv6Addresses(text: string): PlacedAddress[] {
  return text.split('\n').flatMap((line) => {
    const [digits = '', , , , , link] = line.trim().split(/\s+/);
    return link === undefined ? [] : [{ link, address: ipv6FromBigInt(BigInt(`0x${digits}`)) }];
  });
}
