import {
  type Ipv6Address,
  ipv4FromNumber,
  ipv6FromBigInt,
  ipv6ToBigInt,
  parseIpv4,
  parseIpv6,
} from '../base/address.ts';
import type { Family } from '../model/network-facts.ts';

/** An address with its length. `prefixLength` is null where the text has none. */
export interface AddressText {
  family: Family;
  address: string;
  prefixLength: number | null;
}

/** `192.0.2.200/26`, `2001:db8::1`; null where the text is neither. IPv6 in its RFC 5952 form. */
export function readAddress(text: string): AddressText | null {
  const [address = '', length, more] = text.trim().split('/');
  if (more !== undefined || (length !== undefined && !/^\d+$/.test(length))) return null;
  const prefixLength = length === undefined ? null : Number(length);
  const ipv4 = parseIpv4(address);
  if (ipv4.ok) return isUpTo(prefixLength, 32) ? { family: 'ipv4', address: ipv4.value, prefixLength } : null;
  const ipv6 = parseIpv6(address);
  if (ipv6.ok) return isUpTo(prefixLength, 128) ? { family: 'ipv6', address: ipv6.value, prefixLength } : null;
  return null;
}

/** `0.0.0.0/0 -> default`, `203.0.113.0/29` as it is, `198.51.100.1 -> 198.51.100.1/32`; null is no prefix. */
export function readDestination(text: string): { family: Family; destination: string } | null {
  const read = readAddress(text);
  if (read === null) return null;
  const length = read.prefixLength ?? fullLength(read.family);
  if (length === 0) return { family: read.family, destination: 'default' };
  return { family: read.family, destination: `${networkOf(read, length)}/${length}` };
}

export function fullLength(family: Family): number {
  return family === 'ipv4' ? 32 : 128;
}

/** networkd 252 gives an IPv4 address without a length the length of its class, and an IPv6 one 0. */
export function classLength({ family, address }: AddressText): number {
  if (family === 'ipv6') return 0;
  const first = Number(address.split('.')[0]);
  if (first < 128) return 8;
  return first < 192 ? 16 : 24;
}

/** systemd.syntax(7): `1`, `yes`, `y`, `true`, `t`, `on` and their opposites, in any case. */
export function readBoolean(text: string): boolean | null {
  const word = text.toLowerCase();
  if (['1', 'yes', 'y', 'true', 't', 'on'].includes(word)) return true;
  return ['0', 'no', 'n', 'false', 'f', 'off'].includes(word) ? false : null;
}

const SECONDS: Record<string, number> = {
  us: 0.000001,
  ms: 0.001,
  '': 1,
  s: 1,
  sec: 1,
  m: 60,
  min: 60,
  h: 3600,
};

/** systemd.time(7), as much of it as settings of bridges have: `15`, `4s`, `1min 30s`. In seconds. */
export function readSeconds(text: string): number | null {
  let sum = 0;
  for (const word of text.trim().match(/[\d.]+\s*[a-z]*/g) ?? ['?']) {
    const [, digits = '', unit = ''] = /^([\d.]+)\s*([a-z]*)$/.exec(word) ?? [];
    const factor = SECONDS[unit];
    if (digits === '' || factor === undefined) return null;
    sum += Number(digits) * factor;
  }
  return Number.isNaN(sum) ? null : sum;
}

/** `1400`, `9K` (1024 each). In bytes. */
export function readBytes(text: string): number | null {
  const [, digits, unit = ''] = /^(\d+)\s*([KM]?)B?$/.exec(text.trim()) ?? [];
  if (digits === undefined) return null;
  return Number(digits) * (unit === 'K' ? 1024 : unit === 'M' ? 1024 * 1024 : 1);
}

/** Of any notation networkd takes; null is no MAC. `52-54-00-12-34-56`, `5254.0012.3456 -> 52:54:00:12:34:56` */
export function readMac(text: string): string | null {
  const plain = text.toLowerCase().replace(/[:.-]/g, '');
  return /^[0-9a-f]{12}$/.test(plain) ? (plain.match(/../g) ?? []).join(':') : null;
}

function isUpTo(length: number | null, most: number): boolean {
  return length === null || length <= most;
}

/** The address with its host bits cleared. */
function networkOf({ family, address }: AddressText, length: number): string {
  if (family === 'ipv4') {
    const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    const size = 2 ** (32 - length);
    return ipv4FromNumber(Math.floor(value / size) * size);
  }
  const low = (1n << BigInt(128 - length)) - 1n;
  return ipv6FromBigInt(ipv6ToBigInt(address as Ipv6Address) & ~low);
}
