import { type Parsed, parsed, rejected } from './parsed.ts';

/**
 * Names that /etc/hosts of every host, and of every guest, gives to something else (Debian's netbase and installer, systemd's own resolver):
 * nobody would reach a guest by them.
 */
const RESERVED: ReadonlySet<string> = new Set([
  'localhost',
  'localhost4',
  'localhost6',
  'ip6-localhost',
  'ip6-loopback',
  'ip6-localnet',
  'ip6-mcastprefix',
  'ip6-allnodes',
  'ip6-allrouters',
  'ip6-allhosts',
]);

/** What a guest may be called from now on; of guests that are there already `parseGuestName` judges. */
export function parseFreeGuestName(text: string): Parsed<string> {
  if (RESERVED.has(text))
    return rejected(`another name: ${text} is reserved, every host's /etc/hosts leads it elsewhere`);
  return parseGuestName(text);
}

/** A guest's name is its host name, a directory and a part of socket paths: a short RFC 1123 label. */
export function parseGuestName(text: string): Parsed<string> {
  if (text.length > 40) return rejected('at most 40 characters');
  if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(text)) {
    return rejected('lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen');
  }
  return parsed(text);
}
