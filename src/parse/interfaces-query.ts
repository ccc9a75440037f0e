import type { InterfacesDocument } from '../model/interfaces-document.ts';
import { globToRegExp } from './glob.ts';
import { type EffectiveStanza, type InterfacesReading, readInterfaces } from './interfaces-inherit.ts';
import { type Conversion, INTERFACES_METHODS } from './interfaces-methods.ts';

export interface InterfacesLink {
  name: string;
  mac: string | null;
  altNames?: readonly string[];
}

interface Variable {
  name: string;
  value: string;
}

/** ifupdown reads an address into so many characters before it looks at it. */
const ADDRESS_TEXT = 33;

/**
 * What `ifquery IFACE` of ifupdown 0.8.41 prints, stanza after stanza: options in order, repeated ones joined by line ends, the
 * method's defaults, and its conversions (`address 192.0.2.2/26` becomes an address and a netmask).
 */
export function queryInterface(
  document: InterfacesDocument,
  name: string,
  links: readonly InterfacesLink[] = [],
): { name: string; value: string }[] {
  const reading = readInterfaces(document, 'strict');
  const renamed = renames(reading, links).get(name) ?? name;
  return reading.stanzas.filter((stanza) => stanza.name === renamed).flatMap(queryStanza);
}

export function queryStanza(stanza: EffectiveStanza): { name: string; value: string }[] {
  const variables: Variable[] = stanza.options.map(({ name, parts }) => ({
    name,
    value: parts.map(({ value }) => value).join('\n'),
  }));
  const method = INTERFACES_METHODS[stanza.family ?? '']?.[stanza.method ?? ''];
  for (const [name, value] of method?.defaults ?? []) {
    if (!variables.some((variable) => variable.name === name)) variables.push({ name, value });
  }
  for (const conversion of method?.conversions ?? []) CONVERSIONS[conversion](variables, stanza.name);
  return variables;
}

const CONVERSIONS: Record<Conversion, (variables: Variable[], iface: string) => void> = {
  'hardware-address': (variables) => change(variables, 'hwaddress', withoutClass),
  'ipv4-netmask-of-address': (variables) => derive(variables, 'address', 'netmask', ipv4Netmask),
  'ipv4-address-alone': (variables) =>
    change(variables, 'address', (value) => tokens(value.slice(0, ADDRESS_TEXT))[0] ?? value),
  'ipv4-broadcast': (variables) => change(variables, 'broadcast', (value) => ipv4Broadcast(value, variables)),
  'preferred-lifetime-of-alias': (variables, iface) =>
    change(variables, 'preferred-lifetime', (value) => (iface.includes(':') ? '0' : value)),
  'ipv6-netmask-of-address': (variables) => derive(variables, 'address', 'netmask', (value) => tokens(value)[1] ?? ''),
  'ipv6-address-alone': (variables) => change(variables, 'address', (value) => tokens(value)[0] ?? ''),
  'no-advertisements-with-gateway': (variables) => derive(variables, 'gateway', 'accept_ra', () => '0'),
  'hexadecimal-local': (variables) => derive(variables, 'local', 'hexaddress', hexadecimal),
};

function change(variables: Variable[], name: string, convert: (value: string) => string): void {
  for (const variable of variables) if (variable.name === name) variable.value = convert(variable.value);
}

/** Adds `to`, made of `from`, unless the file says it. */
function derive(variables: Variable[], from: string, to: string, convert: (value: string) => string): void {
  const source = variables.find(({ name }) => name === from);
  if (source === undefined || variables.some(({ name }) => name === to)) return;
  variables.push({ name: to, value: convert(source.value) });
}

/** `ether 52:54:00:12:34:56 -> 52:54:00:12:34:56`: the class is a relic of ifconfig. */
function withoutClass(value: string): string {
  return value.replace(/^(ether|ax25|ARCnet|netrom) /i, '');
}

/**
 *     192.0.2.2/26 -> 255.255.255.192     192.0.2.2/255.255.255.0 -> 255.255.255.0
 *     192.0.2.2    -> 255.255.255.0       (by class, as before CIDR)
 */
function ipv4Netmask(value: string): string {
  const [address, mask] = tokens(value.slice(0, ADDRESS_TEXT));
  const bytes = ipv4Bytes(address ?? '');
  if (bytes === null) return value;
  if (mask === undefined) {
    const first = bytes[0] ?? 0;
    return maskText(first <= 127 ? 8 : first <= 191 ? 16 : first <= 223 ? 24 : 32);
  }
  if (ipv4Bytes(mask) !== null) return mask;
  const length = /^\s*[+-]?\d+/.exec(mask);
  return length === null ? value : maskText(Number(length[0]));
}

function ipv4Broadcast(value: string, variables: readonly Variable[]): string {
  if (value !== '+' && value !== '-') return value;
  const find = (wanted: string) => ipv4Bytes(variables.find(({ name }) => name === wanted)?.value ?? '');
  const address = find('address');
  const mask = find('netmask');
  if (address === null || mask === null) return value;
  // A /31 has no broadcast address of its own (RFC 3021).
  if (mask.join('.') === '255.255.255.254') return value === '+' ? '255.255.255.255' : '0.0.0.0';
  return address
    .map((byte, index) => (value === '+' ? byte | (~(mask[index] ?? 0) & 0xff) : byte & (mask[index] ?? 0)))
    .join('.');
}

function hexadecimal(value: string): string {
  const bytes = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})/.exec(value)?.slice(1).map(Number);
  if (bytes === undefined) return value;
  const [a = '', b = '', c = '', d = ''] = bytes.map((byte) => (byte & 0xff).toString(16).padStart(2, '0'));
  return `${a}${b}:${c}${d}`;
}

/** As strtok(3): empty parts do not count. */
function tokens(value: string): string[] {
  return value.split('/').filter(Boolean);
}

/** As inet_pton(3): four numbers without leading zeros. */
function ipv4Bytes(text: string): number[] | null {
  const parts = text.split('.');
  const isAddress = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return isAddress ? parts.map(Number) : null;
}

function maskText(length: number): string {
  const bits = length <= 0 ? 0 : (0xffffffff << (32 - Math.min(length, 32))) >>> 0;
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join('.');
}

/**
 * What `ifquery --list` prints for a class (`auto`, `hotplug` …): names that have a stanza or a mapping. A pattern (`/eth*`) stands for
 * the links there are; `eth0=home` brings eth0 up as the stanza home.
 */
export function listInterfaces(
  document: InterfacesDocument,
  className = 'auto',
  links: readonly InterfacesLink[] = [],
): string[] {
  const reading = readInterfaces(document, 'strict');
  const targets = expandNames(reading.classes.get(className) ?? [], links);
  const renamed = renames(reading, links);
  const known = new Set(reading.stanzas.map(({ name }) => name));
  if (!reading.stanzas.some(({ family, method }) => /^inet6?$/.test(family ?? '') && method === 'loopback')) {
    known.add('lo');
  }
  return targets.flatMap((target) => {
    const [asked = '', stanza] = target.split('=');
    const name = renamed.get(asked) ?? asked;
    // ifquery renames first and then looks whether the class has the name: it loses what a rename has made of it.
    const isLost = className !== 'auto' && !targets.some((other) => other.split('=')[0] === name);
    const wanted = stanza ?? name;
    return !isLost && (known.has(wanted) || isMapped(reading, wanted)) ? [name] : [];
  });
}

/** `rename mac/52:54:00:*=lan0` -> wlan0 is asked for, and known, as lan0. */
function renames(reading: InterfacesReading, links: readonly InterfacesLink[]): Map<string, string> {
  const expanded = expandNames(
    reading.renames.flatMap(({ node }) => node.names),
    links,
  );
  return new Map(expanded.map((rename) => rename.split('=') as [string, string]));
}

function isMapped({ mappings }: InterfacesReading, name: string): boolean {
  return mappings.some(({ node }) => node.patterns.some((pattern) => globToRegExp(pattern).test(name)));
}

/** `/eth*=lan` with eth0 and eth1 -> `eth0=lan`, `eth1=lan`. Of the variables only `mac` is known; others match nothing here. */
export function expandNames(names: readonly string[], links: readonly InterfacesLink[]): string[] {
  const expanded = names.flatMap((name) => {
    if (!name.includes('/')) return [name];
    const [, variable = '', pattern = '', rest = ''] = /^([^/]*)\/([^/=]*)(.*)$/s.exec(name) ?? [];
    const [options = '', stanza] = rest.split('=');
    const regExp = globToRegExp(pattern);
    const matches = links.filter((link) => {
      if (variable === '') return regExp.test(link.name);
      return variable.toLowerCase() === 'mac' && link.mac !== null && regExp.test(link.mac);
    });
    const index = Number.parseInt(options.slice(1), 10) || 0;
    const chosen = index > 0 ? matches.slice(index - 1, index) : matches;
    return chosen.map((link) => (stanza === undefined ? link.name : `${link.name}=${stanza}`));
  });
  return [...new Set(expanded)];
}
