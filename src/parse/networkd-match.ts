import { globToRegExp } from './glob.ts';
import type { PlacedEntry } from './networkd-files.ts';

/** What is known of a link of the host: a `LinkFact` is one. */
export interface KnownLink {
  name: string;
  mac: string | null;
  /** What the hardware came with; absent or null for links that have none: bridges, VLANs, taps. */
  permanentMac?: string | null;
  kind?: string | null;
  altNames?: readonly string[];
}

/**
 * `unknown`: what can be decided here speaks for it, and a condition is left that needs the host (a driver, a path, a property of
 * udev).
 */
export type Matching = 'yes' | 'no' | 'unknown';

/** What udev and the system know and a list of links does not. */
const UNDECIDED = new Set([
  'Path',
  'Driver',
  'Property',
  'WLANInterfaceType',
  'SSID',
  'BSSID',
  'Host',
  'Virtualization',
  'KernelCommandLine',
  'KernelVersion',
  'Credential',
  'Architecture',
  'Firmware',
]);

/**
 * Whether a [Match] section is for a link. An empty section is for none. Lists of one key are put together, an empty
 * value empties the list; all keys have to agree. systemd.network(5), "[Match] section options".
 */
export function matchLink(entries: readonly PlacedEntry[], link: KnownLink): Matching {
  const conditions = conditionsOf(entries);
  if (conditions.size === 0) return 'no';
  let isUnknown = false;
  for (const [key, words] of conditions) {
    const answer = decide(key, words, link);
    if (answer === 'no') return 'no';
    if (answer === 'unknown') isUnknown = true;
  }
  return isUnknown ? 'unknown' : 'yes';
}

/** Names in `Name=` that are names and not patterns. */
export function literalNames(entries: readonly PlacedEntry[]): string[] {
  const names = conditionsOf(entries).get('Name') ?? [];
  return names[0]?.startsWith('!') ? [] : names.filter((name) => !/[*?[\\]/.test(name));
}

export function hasMacCondition(entries: readonly PlacedEntry[]): boolean {
  const conditions = conditionsOf(entries);
  return conditions.has('MACAddress') || conditions.has('PermanentMACAddress');
}

function conditionsOf(entries: readonly PlacedEntry[]): Map<string, string[]> {
  const conditions = new Map<string, string[]>();
  for (const { key, value } of entries) {
    if (value === '') conditions.delete(key);
    else conditions.set(key, [...(conditions.get(key) ?? []), ...value.split(/\s+/)]);
  }
  return conditions;
}

function decide(key: string, words: readonly string[], link: KnownLink): Matching {
  switch (key) {
    case 'Name':
      return matchesWords(words, [link.name, ...(link.altNames ?? [])]);
    case 'OriginalName':
      return matchesWords(words, [link.name]);
    case 'MACAddress':
      return isOneOf(words, link.mac);
    case 'PermanentMACAddress':
      return isOneOf(words, link.permanentMac ?? null);
    case 'Type':
      return matchesWords(words, [typeOf(link)]);
    case 'Kind':
      return matchesWords(words, [link.kind ?? '']);
    default:
      // networkd says so in its log and goes on without the key.
      return UNDECIDED.has(key) ? 'unknown' : 'yes';
  }
}

/** A list with `!` before it is met by a link that none of its words meets. */
function matchesWords(words: readonly string[], names: readonly string[]): Matching {
  const isInverted = words[0]?.startsWith('!') ?? false;
  const globs = isInverted ? [(words[0] ?? '').slice(1), ...words.slice(1)] : words;
  const isMet = globs.some((glob) => glob !== '' && names.some((name) => matchesGlob(glob, name)));
  return isMet === isInverted ? 'no' : 'yes';
}

function isOneOf(macs: readonly string[], mac: string | null): Matching {
  return mac !== null && macs.some((text) => plainMac(text) === plainMac(mac)) ? 'yes' : 'no';
}

/** `52-54-00-12-34-56`, `5254.0012.3456`, `52:54:00:12:34:56` -> `525400123456` */
function plainMac(text: string): string {
  return text.toLowerCase().replace(/[:.-]/g, '');
}

/** Kinds of which the kernel tells the name with the device (DEVTYPE, SET_NETDEV_DEVTYPE of each driver). */
const DEVICE_TYPES = new Set('bareudp bond bridge geneve hsr macsec vlan vxlan wireguard'.split(' '));
/** Others that are not Ethernet, by what the hardware header is called (ARPHRD_…). */
const HEADERS: Record<string, string> = {
  gre: 'ipgre',
  ip6gre: 'ip6gre',
  ip6tnl: 'tunnel6',
  ipip: 'tunnel',
  sit: 'sit',
  vti: 'tunnel',
};

/** As systemd's link_get_type_string: the device's type, else the name of its hardware. Only a tap has a MAC, and a tun has none. */
function typeOf({ name, kind, mac }: KnownLink): string {
  if (name === 'lo') return 'loopback';
  if (name.startsWith('wl')) return 'wlan';
  if (kind == null) return 'ether';
  if (DEVICE_TYPES.has(kind)) return kind;
  return kind === 'tun' && mac === null ? 'none' : (HEADERS[kind] ?? 'ether');
}

export function matchesGlob(glob: string, text: string): boolean {
  return globToRegExp(glob).test(text);
}
