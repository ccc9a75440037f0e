import { parseIpv4, parseIpv6 } from '../base/address.ts';
import { type Checksum, parseChecksum } from '../base/checksum.ts';
import { parseFreeGuestName } from '../base/guest-name.ts';
import { type Parsed, parsed, rejected } from '../base/parsed.ts';
import { MIB, parseSize } from '../base/size.ts';
import { closest } from '../base/suggest.ts';
import { trimEndOf } from '../base/trim-end.ts';
import type { PublishedPort } from '../model/guest.ts';
import { brokenConnectionsRule, brokenDiskRule, brokenMemoryRule, brokenVcpusRule } from '../model/guest-numbers.ts';
import { parsePublish } from '../model/published-port.ts';

/** The parsers of what is typed: each refuses with what was likely meant, where that can be told. */

/** A size in whole MiB: QEMU's own unit of memory. A bare number is likely MiB, as Proxmox counts, or a few GiB. */
export function parseMemory(text: string): Parsed<number> {
  const bytes = parseWholeMiB(text, '512MiB', (size) => brokenMemoryRule(size / MIB), 128);
  return bytes.ok ? parsed(bytes.value / MIB) : bytes;
}

export function parseDiskSize(text: string): Parsed<number> {
  return parseWholeMiB(text, '10GiB', brokenDiskRule);
}

/** @param broken the rule in words that so many bytes break */
function parseWholeMiB(
  text: string,
  example: string,
  broken: (bytes: number) => string | null,
  bareMiB?: number,
): Parsed<number> {
  const takes = (bytes: number) => broken(bytes) === null;
  const bytes = parseSize(text, bareMiB === undefined ? { takes } : { bareMiB, takes });
  if (!bytes.ok) return bytes;
  const near = Math.round(bytes.value / MIB);
  const isWhole = bytes.value % MIB === 0;
  const rule = isWhole || !takes(near * MIB) ? broken(bytes.value) : null;
  if (rule !== null) return rejected(rule);
  return isWhole ? bytes : rejected(`a whole number of MiB, such as ${example} (did you mean ${near}MiB?)`);
}

/** `2 vCPU`, `2.0`, `+2` -> did you mean 2? */
export function parseCount(text: string): Parsed<number> {
  return readCount(text, () => null);
}

export function parseVcpus(text: string): Parsed<number> {
  return readCount(text, brokenVcpusRule);
}

function readCount(text: string, broken: (count: number) => string | null): Parsed<number> {
  if (/^\d{1,9}$/.test(text)) {
    const rule = broken(Number(text));
    return rule === null ? parsed(Number(text)) : rejected(rule);
  }
  const [, meant] = /^\+?(\d{1,9})(?:\.0+)?(?:\s*[a-z]*)?$/i.exec(text.trim()) ?? [];
  const isTaken = meant !== undefined && broken(Number(meant)) === null;
  return rejected(withMeant('a whole number', isTaken ? meant : undefined));
}

/** A number, or null for `auto`. */
export function parseConnections(text: string): Parsed<number | null> {
  if (text === 'auto') return parsed(null);
  const count = readCount(text, brokenConnectionsRule);
  return count.ok ? count : rejected(`auto or ${count.reason}`);
}

/** A parser for one of some words. */
export function oneOf<const Word extends string>(...words: Word[]): (text: string) => Parsed<Word> {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return parsed(word);
    return rejected(withMeant(`one of ${words.join(', ')}`, closest(text.trim(), words)));
  };
}

/** `Web_1` -> did you mean web-1? */
export function parseNewGuestName(text: string): Parsed<string> {
  const name = parseFreeGuestName(text);
  if (name.ok) return name;
  const dashed = text
    .trim()
    .toLowerCase()
    .replace(/[\s_.]+/g, '-');
  const meant = trimEndOf(dashed.replace(/^-+/, ''), '-');
  return rejected(withMeant(name.reason, parseFreeGuestName(meant).ok ? meant : undefined));
}

/** As sha256sum prints it, or with another sign between: the number of digits says which one it is. */
export function parseTypedChecksum(text: string): Parsed<Checksum> {
  const checksum = parseChecksum(text);
  if (checksum.ok) return checksum;
  const [, hex = ''] = /^(?:sha(?:256|512)[:=\s-]+)?([0-9a-f]+)(?:\s.*)?$/i.exec(text.trim()) ?? [];
  const meant = hex.length === 64 ? `sha256:${hex}` : hex.length === 128 ? `sha512:${hex}` : undefined;
  return rejected(withMeant(checksum.reason, meant));
}

/** `8080->80`, `8080/80`, `udp:53:53`, `80` -> the way we write it. */
export function parseTypedPublish(text: string): Parsed<PublishedPort> {
  const port = parsePublish(text);
  if (port.ok) return port;
  if (/\d\s*[,;]\s*\d/.test(text)) return rejected(`${port.reason}; each port has an option of its own`);
  const bare = text.trim().toLowerCase();
  const local = bare.replace(/^localhost:/, '127.0.0.1:');
  if (local !== bare && parsePublish(local).ok) return rejected(withMeant(port.reason, local));
  const protocol = /\budp\b/.test(bare) ? '/udp' : '';
  const ports = bare.replace(/\b(?:udp|tcp)\b/g, ' ').match(/\d+/g) ?? [];
  const meant = ports.length === 1 ? `${ports[0]}:${ports[0]}${protocol}` : `${ports.join(':')}${protocol}`;
  const isNear = ports.length <= 2 && /^[\d\s:/>=+-]*$/.test(bare.replace(/\b(?:udp|tcp)\b/g, ''));
  return rejected(withMeant(port.reason, isNear && parsePublish(meant).ok ? meant : undefined));
}

/** An address of either family, as `--target` takes it. */
export function parseAnyAddress(text: string): Parsed<string> {
  const address = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  if (address.ok) return address;
  return rejected(withMeant('an IPv4 or IPv6 address such as 203.0.113.2', bareAddress(text)));
}

/** `auto` and `none` pass, everything else has to be an address. */
export function autoNoneOr(parse: (text: string) => Parsed<string>): (text: string) => Parsed<string> {
  return (text) => {
    if (text === 'auto' || text === 'none') return parsed(text);
    const address = parse(text);
    if (address.ok) return address;
    const bare = bareAddress(text);
    const word = closest(text.trim(), ['auto', 'none']) ?? (/^dhcp$/i.test(text.trim()) ? 'auto' : undefined);
    return rejected(withMeant(`auto, none or ${address.reason}`, bare !== undefined && parse(bare).ok ? bare : word));
  };
}

/** `10.0.0.5/24`, `[2001:db8::1]`, ` 10.0.0.5` -> the address alone. */
function bareAddress(text: string): string | undefined {
  const bare = text
    .trim()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\/\d{1,3}$/, '');
  return parseIpv4(bare).ok || parseIpv6(bare).ok ? bare : undefined;
}

function withMeant(rule: string, meant: string | undefined): string {
  return meant === undefined ? rule : `${rule} (did you mean ${meant}?)`;
}
