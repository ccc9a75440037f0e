import {
  type Ipv4Address,
  type Ipv6Address,
  ipv4FromNumber,
  ipv4ToNumber,
  ipv6FromBigInt,
  ipv6ToBigInt,
} from '../base/address.ts';
import type { Family } from '../model/network-facts.ts';

/** First and last address of a prefix as numbers: addresses of both families are compared the same way. */
interface Range {
  family: Family;
  first: bigint;
  last: bigint;
}

/** `192.0.2.195, 26 -> 192.0.2.192/26`; the kernel's word for the whole family is `default`. */
export function prefixOf(address: string, prefixLength: number): string {
  const { family, first } = rangeOf(`${address}/${prefixLength}`);
  return `${textOf(family, first)}/${prefixLength}`;
}

/** The last address of a prefix: of IPv4 its broadcast address. `192.0.2.192/26 -> 192.0.2.255` */
export function lastOf(prefix: string): string {
  const { family, last } = rangeOf(prefix);
  return textOf(family, last);
}

/** Whether `part` (an address or a prefix) lies in `whole` as a whole. Families never mix; `default` covers nothing here. */
export function covers(whole: string, part: string): boolean {
  if (whole === 'default' || part === 'default') return false;
  const outer = rangeOf(whole);
  const inner = rangeOf(part);
  return outer.family === inner.family && inner.first >= outer.first && inner.last <= outer.last;
}

/** `192.0.2.192/26 -> 26`; an address alone is as long as its family. */
export function lengthOf(prefix: string): number {
  const [address = '', length] = prefix.split('/');
  return length === undefined ? bitsOf(familyOf(address)) : Number(length);
}

/** Addresses that reach no further than the owner's own networks: RFC 1918, 3927, 4193, 6598, loopback and link-local. */
export function isPrivate(address: string): boolean {
  return PRIVATE.some((prefix) => covers(prefix, address));
}

export function isLinkLocal(address: string): boolean {
  return covers('fe80::/10', address);
}

const PRIVATE = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  'fc00::/7',
  'fe80::/10',
  '::1/128',
];

function rangeOf(prefix: string): Range {
  const [address = '', lengthText] = prefix.split('/');
  const family = familyOf(address);
  const bits = bitsOf(family);
  const length = lengthText === undefined ? bits : Number(lengthText);
  const value = family === 'ipv4' ? BigInt(ipv4ToNumber(address as Ipv4Address)) : ipv6ToBigInt(address as Ipv6Address);
  const size = 1n << BigInt(bits - length);
  const first = value - (value % size);
  return { family, first, last: first + size - 1n };
}

function familyOf(address: string): Family {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

function bitsOf(family: Family): number {
  return family === 'ipv4' ? 32 : 128;
}

function textOf(family: Family, value: bigint): string {
  return family === 'ipv4' ? ipv4FromNumber(Number(value)) : ipv6FromBigInt(value);
}
