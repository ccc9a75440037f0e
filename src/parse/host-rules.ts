import {
  type Ipv4Address,
  type Ipv4Prefix,
  type Ipv6Address,
  ipv4PrefixContains,
  ipv4PrefixesOverlap,
  ipv4Range,
  ipv4ToNumber,
  ipv6ToBigInt,
  parseIpv4,
  parseIpv4Prefix,
  parseIpv6,
  parseIpv6Prefix,
  parseMac,
} from '../base/address.ts';
import type { Parsed } from '../base/parsed.ts';
import { EXTRA_IPV4_MAX } from '../model/host-schema.ts';

type Path = (string | number)[];
type Report = (path: Path, rule: string, value: unknown) => void;

/** A public prefix of host.yaml and where it stands. */
interface Claim {
  path: Path;
  prefix: Ipv4Prefix;
  /** As it is written. */
  value: unknown;
  isSingle: boolean;
}

/** Addresses that no host has for its own (RFC 6890). */
const UNUSABLE = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'] as Ipv4Prefix[];

/**
 * What the keys of host.yaml must be to each other. It takes any value: what is of the wrong shape is another's to report, and the rules
 * that need it are left out, so that all mistakes of a file come at once.
 */
export function checkHostRules(raw: unknown, report: Report): void {
  checkIpv4(raw, report);
  checkIpv6(raw, report);
  const extras = valueAt(raw, ['extraIpv4']);
  // Each is compared with each: of a list that is too long its length is the mistake.
  if (Array.isArray(extras) && extras.length <= EXTRA_IPV4_MAX) checkExtras(raw, extras, report);
}

function checkIpv4(raw: unknown, report: Report): void {
  const address = read(raw, ['ipv4', 'address'], parseIpv4);
  const gateway = read(raw, ['ipv4', 'gateway'], parseIpv4);
  const bits = valueAt(raw, ['ipv4', 'prefixLength']);
  if (address !== null) checkUsable(address, ['ipv4', 'address'], report);
  if (gateway !== null && gateway === address) {
    report(['ipv4', 'gateway'], 'must be another address than ipv4.address', gateway);
  }
  if (address === null || typeof bits !== 'number' || !Number.isInteger(bits) || bits < 1 || bits > 32) return;
  const network = networkOf(address, bits);
  if (bits < 31 && isEdge(network, address)) {
    report(['ipv4', 'address'], `must be an address of a host in ${network}, not its first or last`, address);
  }
  // An address alone (/32) has its gateway outside by nature: the route to it is on the link.
  if (gateway !== null && bits < 32 && !ipv4PrefixContains(network, gateway)) {
    report(['ipv4', 'gateway'], `must be in ${network}, or ipv4.prefixLength 32: nobody would reach it`, gateway);
  }
}

function checkIpv6(raw: unknown, report: Report): void {
  const prefix = read(raw, ['ipv6', 'prefix'], parseIpv6Prefix);
  const address = read(raw, ['ipv6', 'address'], parseIpv6);
  const gateway = read(raw, ['ipv6', 'gateway'], parseIpv6);
  if (prefix !== null && (isIn(prefix, 'fe80::', 10) || isIn(prefix, 'ff00::', 8))) {
    report(['ipv6', 'prefix'], 'must be a prefix for hosts, not link-local or multicast', prefix);
  }
  if (prefix !== null && address !== null && !isIn(address, ...splitPrefix(prefix))) {
    report(['ipv6', 'address'], `must be in ${prefix}`, address);
  }
  if (gateway === null) return;
  if (gateway === address) report(['ipv6', 'gateway'], 'must be another address than ipv6.address', gateway);
  if (isIn(gateway, 'ff00::', 8) || isIn(gateway, '::', 127)) {
    report(['ipv6', 'gateway'], 'must be the address of a router', gateway);
  }
  if (valueAt(raw, ['ipv6', 'mode']) === 'routed' && prefix !== null && isIn(gateway, ...splitPrefix(prefix))) {
    const rule = 'must be outside the prefix when it is routed: a router in it asks for each address (mode: on-link)';
    report(['ipv6', 'gateway'], rule, gateway);
  }
}

function checkExtras(raw: unknown, extras: readonly unknown[], report: Report): void {
  const main = read(raw, ['ipv4', 'address'], parseIpv4);
  const gateway = read(raw, ['ipv4', 'gateway'], parseIpv4);
  const claims = extras.flatMap((extra, index) => claimOf(extra, ['extraIpv4', index]));
  claims.forEach((claim, index) => {
    const { path, prefix, value } = claim;
    checkUsable(firstOf(prefix), path, report, value);
    if (main !== null && ipv4PrefixContains(prefix, main)) {
      report(
        path,
        `must ${claim.isSingle ? 'be another address than' : 'not contain'} the main address ${main}`,
        value,
      );
    } else if (gateway !== null && ipv4PrefixContains(prefix, gateway)) {
      report(path, `must not contain the gateway ${gateway}`, value);
    }
    const other = claims.slice(0, index).find((earlier) => ipv4PrefixesOverlap(earlier.prefix, prefix));
    if (other === undefined) return;
    const where = `${other.path[0]}[${other.path[1]}]`;
    report(
      path,
      other.prefix === prefix
        ? `must be given once: ${where} is the same`
        : `must not overlap ${where} (${other.value})`,
      value,
    );
  });
  for (const index of extras.keys()) checkVirtualMac(raw, ['extraIpv4', index], report);
}

function checkVirtualMac(raw: unknown, path: Path, report: Report): void {
  const uplinkMac = read(raw, ['uplink', 'mac'], parseMac);
  const mac = read(raw, [...path, 'mac'], parseMac);
  if (mac !== null && mac === uplinkMac) {
    report([...path, 'mac'], "must be the provider's virtual MAC, not the uplink's", mac);
  }
  const isSingle = valueAt(raw, [...path, 'kind']) === 'single';
  if (mac !== null && isSingle && (valueAt(raw, [...path, 'gateway']) ?? null) === null) {
    report([...path, 'mac'], 'must have a gateway beside it: the one the provider names for bridged addresses', mac);
  }
  const address = read(raw, [...path, 'address'], parseIpv4);
  const gateway = read(raw, [...path, 'gateway'], parseIpv4);
  if (gateway !== null && gateway === address) {
    report([...path, 'gateway'], 'must be another address than the one it is for', gateway);
  }
}

function claimOf(extra: unknown, path: Path): Claim[] {
  const address = read(extra, ['address'], parseIpv4);
  if (address !== null) {
    return [{ path: [...path, 'address'], prefix: `${address}/32` as Ipv4Prefix, value: address, isSingle: true }];
  }
  const prefix = read(extra, ['prefix'], parseIpv4Prefix);
  return prefix === null ? [] : [{ path: [...path, 'prefix'], prefix, value: prefix, isSingle: false }];
}

function checkUsable(address: Ipv4Address, path: Path, report: Report, value: unknown = address): void {
  if (!UNUSABLE.some((prefix) => ipv4PrefixContains(prefix, address))) return;
  report(path, 'must be an address that hosts can have', value);
}

function networkOf(address: Ipv4Address, bits: number): Ipv4Prefix {
  const size = 2 ** (32 - bits);
  const first = Math.floor(ipv4ToNumber(address) / size) * size;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${bits}` as Ipv4Prefix;
}

function isEdge(network: Ipv4Prefix, address: Ipv4Address): boolean {
  const { first, size } = ipv4Range(network);
  const value = ipv4ToNumber(address);
  return value === first || value === first + size - 1;
}

function firstOf(prefix: Ipv4Prefix): Ipv4Address {
  return prefix.split('/')[0] as Ipv4Address;
}

function splitPrefix(prefix: string): [string, number] {
  const [address = '', bits] = prefix.split('/');
  return [address, Number(bits)];
}

/** Whether an address (or a prefix's first one) is in `network/bits`. */
function isIn(address: string, network: string, bits: number): boolean {
  const shift = BigInt(128 - bits);
  const number = (text: string) => ipv6ToBigInt(text.split('/')[0] as Ipv6Address) >> shift;
  return number(address) === number(network);
}

function read<Value>(raw: unknown, path: Path, parse: (text: string) => Parsed<Value>): Value | null {
  const value = valueAt(raw, path);
  if (typeof value !== 'string') return null;
  const result = parse(value);
  return result.ok ? result.value : null;
}

function valueAt(raw: unknown, path: Path): unknown {
  let value = raw;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return value;
}
