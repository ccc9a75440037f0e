import { Address4, Address6 } from 'ip-address';
import { type Parsed, parsed, rejected } from './parsed.ts';

declare const brand: unique symbol;
/** Lower case, colons: `52:54:00:12:34:56`. */
export type MacAddress = string & { readonly [brand]: 'MacAddress' };
/** Dotted quad: `203.0.113.2`. */
export type Ipv4Address = string & { readonly [brand]: 'Ipv4Address' };
/** RFC 5952 text, no zone: `2001:db8::1`. */
export type Ipv6Address = string & { readonly [brand]: 'Ipv6Address' };
/** Network and length, host bits zero: `10.83.0.0/20`. */
export type Ipv4Prefix = string & { readonly [brand]: 'Ipv4Prefix' };
export type Ipv6Prefix = string & { readonly [brand]: 'Ipv6Prefix' };

export function parseMac(text: string): Parsed<MacAddress> {
  const mac = text.trim().toLowerCase().replaceAll('-', ':');
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac)) return rejected('a MAC address such as 52:54:00:12:34:56');
  if (Number.parseInt(mac.slice(0, 2), 16) & 1)
    return rejected('a unicast MAC address (lowest bit of the first byte 0)');
  if (mac === '00:00:00:00:00:00') return rejected('a MAC address that is not all zero');
  return parsed(mac as MacAddress);
}

export function parseIpv4(text: string): Parsed<Ipv4Address> {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text) || !Address4.isValid(text)) {
    return rejected('an IPv4 address such as 203.0.113.2');
  }
  return parsed(new Address4(text).correctForm() as Ipv4Address);
}

export function parseIpv6(text: string): Parsed<Ipv6Address> {
  if (text.includes('/') || text.includes('%') || !text.includes(':') || !Address6.isValid(text)) {
    return rejected('an IPv6 address such as 2001:db8::1');
  }
  return parsed(new Address6(text).correctForm() as Ipv6Address);
}

export function parseIpv4Prefix(text: string): Parsed<Ipv4Prefix> {
  const [address, length] = text.split('/');
  const parsedAddress = parseIpv4(address ?? '');
  const bits = Number(length);
  if (!parsedAddress.ok || !/^\d+$/.test(length ?? '') || bits > 32)
    return rejected('an IPv4 prefix such as 10.83.0.0/20');
  const prefix = `${ipv4FromNumber(maskIpv4(ipv4ToNumber(parsedAddress.value), bits))}/${bits}`;
  if (prefix !== `${parsedAddress.value}/${bits}`) return rejected(`a prefix without host bits (${prefix})`);
  return parsed(prefix as Ipv4Prefix);
}

export function parseIpv6Prefix(text: string): Parsed<Ipv6Prefix> {
  const [address, length] = text.split('/');
  const parsedAddress = parseIpv6(address ?? '');
  const bits = Number(length);
  if (!parsedAddress.ok || !/^\d+$/.test(length ?? '') || bits > 128) {
    return rejected('an IPv6 prefix such as 2001:db8:1:2::/64');
  }
  const low = (1n << BigInt(128 - bits)) - 1n;
  if ((ipv6ToBigInt(parsedAddress.value) & low) !== 0n) return rejected('a prefix without host bits');
  return parsed(`${parsedAddress.value}/${bits}` as Ipv6Prefix);
}

export function ipv4ToNumber(address: Ipv4Address): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** `ipv4FromNumber(3405803778) -> 203.0.113.2` */
export function ipv4FromNumber(value: number): Ipv4Address {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.') as Ipv4Address;
}

function maskIpv4(value: number, bits: number): number {
  const size = 2 ** (32 - bits);
  return Math.floor(value / size) * size;
}

export function ipv6ToBigInt(address: Ipv6Address): bigint {
  return new Address6(address).bigInt();
}

export function ipv6FromBigInt(value: bigint): Ipv6Address {
  return Address6.fromBigInt(value).correctForm() as Ipv6Address;
}

/** First address and number of addresses of a prefix. */
export function ipv4Range(prefix: Ipv4Prefix): { first: number; size: number; bits: number } {
  const [address, bits] = prefix.split('/') as [Ipv4Address, string];
  return { first: ipv4ToNumber(address), size: 2 ** (32 - Number(bits)), bits: Number(bits) };
}

export function ipv4PrefixContains(prefix: Ipv4Prefix, address: Ipv4Address): boolean {
  const { first, size } = ipv4Range(prefix);
  const value = ipv4ToNumber(address);
  return value >= first && value < first + size;
}

export function ipv4PrefixesOverlap(a: Ipv4Prefix, b: Ipv4Prefix): boolean {
  const left = ipv4Range(a);
  const right = ipv4Range(b);
  return left.first < right.first + right.size && right.first < left.first + left.size;
}

/** The EUI-64 link-local of a MAC (RFC 4291 app. A): `52:54:00:12:34:56 -> fe80::5054:ff:fe12:3456`. */
export function linkLocalFromMac(mac: MacAddress): Ipv6Address {
  const bytes = mac.split(':').map((part) => Number.parseInt(part, 16));
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes;
  const group = (high: number, low: number) => ((high << 8) | low).toString(16);
  const text = `fe80::${group(a ^ 2, b)}:${group(c, 0xff)}:${group(0xfe, d)}:${group(e, f)}`;
  return new Address6(text).correctForm() as Ipv6Address;
}
