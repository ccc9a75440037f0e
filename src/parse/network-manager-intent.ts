import { type IntentLink, type NetworkIntent, newIntent, type SourceSpot } from '../model/network-intent.ts';
import { setAsideByHand } from './by-hand.ts';
import { parseIni, sectionsOf } from './ini.ts';
import { isHarmless, readIpSection } from './network-manager-keys.ts';
import { directoryOf, type NetworkText, type PlacedEntry } from './networkd-files.ts';
import { type KnownLink, matchesGlob } from './networkd-match.ts';
import { readBytes, readMac } from './networkd-values.ts';

/** What is in an earlier directory takes the place of a connection with the same UUID in a later one. NetworkManager.conf(5). */
const DIRECTORIES = [
  '/etc/NetworkManager/system-connections',
  '/run/NetworkManager/system-connections',
  '/usr/lib/NetworkManager/system-connections',
];

const KINDS: Record<string, IntentLink['kind']> = {
  ethernet: 'physical',
  '802-3-ethernet': 'physical',
  bridge: 'bridge',
  vlan: 'vlan',
  bond: 'bond',
  dummy: 'dummy',
  loopback: 'loopback',
};

/** A keyfile: its entries by section and key, the last of one key counting. */
interface Connection {
  path: string;
  id: string;
  get: (section: string, ...keys: string[]) => PlacedEntry | null;
  sections: Map<string, PlacedEntry[]>;
}

/**
 * What NetworkManager's keyfiles say, nm-settings-keyfile(5). Values of what is not understood are never in it: a keyfile is where
 * passwords are. `links` are those of the host, for connections that name a MAC and no link.
 */
export function intentOfNetworkManager(files: readonly NetworkText[], links: readonly KnownLink[]): NetworkIntent {
  const intent = newIntent();
  const connections = readConnections(files, intent);
  const named = connections.map((connection) => ({ connection, name: linkOf(connection, links) }));
  for (const { connection, name } of named) {
    if (name === null) noteNameless(connection, intent);
    else addConnection(connection, name, intent);
  }
  for (const { connection, name } of named) addPort(connection, name, named, intent);
  startControllers(intent);
  return setAsideByHand(intent);
}

function readConnections(files: readonly NetworkText[], intent: NetworkIntent): Connection[] {
  const byUuid = new Map<string, Connection>();
  const ranked = files
    .filter(({ path }) => DIRECTORIES.includes(directoryOf(path)))
    .toSorted((a, b) => DIRECTORIES.indexOf(directoryOf(a.path)) - DIRECTORIES.indexOf(directoryOf(b.path)));
  for (const file of ranked) {
    const document = parseIni(file.path, file.text, 'keyfile');
    for (const line of document.lines) {
      if (line.kind !== 'junk') continue;
      const spot = { path: file.path, line: line.line };
      intent.notUnderstood.push({ spot, text: '…', why: `${line.why}: NetworkManager leaves the file out` });
    }
    const sections = new Map<string, PlacedEntry[]>();
    for (const { name, entries } of sectionsOf(document)) {
      const placed = entries.map((entry) => ({ ...entry, path: file.path }));
      sections.set(name, [...(sections.get(name) ?? []), ...placed]);
    }
    const get = (section: string, ...keys: string[]) =>
      sections.get(section)?.findLast(({ key, value }) => keys.includes(key) && value !== '') ?? null;
    const id = get('connection', 'id')?.value ?? file.path;
    const uuid = get('connection', 'uuid')?.value ?? id;
    const isBroken = document.lines.some(({ kind }) => kind === 'junk');
    if (!isBroken && !byUuid.has(uuid)) byUuid.set(uuid, { path: file.path, id, get, sections });
  }
  return [...byUuid.values()];
}

/** The link a connection is for: by its name, its MAC, or a pattern; all that it says has to be met. */
function linkOf({ get }: Connection, links: readonly KnownLink[]): string | null {
  const name = get('connection', 'interface-name') ?? get('vlan', 'interface-name') ?? get('bridge', 'interface-name');
  const mac = get('ethernet', 'mac-address') ?? get('802-3-ethernet', 'mac-address');
  const pattern = get('match', 'interface-name');
  // One that nobody has seen yet may come.
  if (name !== null && (mac === null || !links.some((link) => link.name === name.value))) return name.value;
  if (name === null && mac === null && pattern === null) return null;
  const met = links.filter((link) => {
    const hardware = readMac(link.permanentMac ?? link.mac ?? '');
    const isItsMac = mac === null || (hardware !== null && hardware === readMac(mac.value));
    const isItsName = name === null || link.name === name.value;
    return isItsMac && isItsName && (pattern === null || meetsPattern(pattern.value, link.name));
  });
  return met[0]?.name ?? null;
}

/** `en*;eth0;`: one of them. `|` and `&` before a pattern and `!` for its opposite are passed by: such a list is met by nothing. */
function meetsPattern(list: string, name: string): boolean {
  return list.split(';').some((glob) => /^[^|&!]/.test(glob) && matchesGlob(glob, name));
}

function addConnection(connection: Connection, name: string, intent: NetworkIntent): void {
  const { get, sections, path } = connection;
  const type = get('connection', 'type')?.value ?? '';
  const spot = spotOf(get('connection', 'interface-name') ?? get('connection', 'type'), path);
  const cloned = get('ethernet', 'cloned-mac-address') ?? get('802-3-ethernet', 'cloned-mac-address');
  const mac = type === 'bridge' ? (cloned ?? get('bridge', 'mac-address')) : cloned;
  const mtu = get('ethernet', 'mtu') ?? get('802-3-ethernet', 'mtu');
  const delay = get('bridge', 'forward-delay');
  const stp = get('bridge', 'stp');
  intent.links.push({
    name,
    kind: name === 'lo' ? 'loopback' : (KINDS[type] ?? 'other'),
    isAutomatic: get('connection', 'autoconnect')?.value !== 'false',
    mac: readMac(mac?.value ?? ''),
    mtu: readBytes(mtu?.value ?? ''),
    ports: [],
    stp: type === 'bridge' && stp !== null ? stp.value === 'true' : null,
    forwardDelaySec: type === 'bridge' && delay !== null ? Number(delay.value) : null,
    spot,
  });
  for (const [section, entries] of sections) {
    if (section === 'ipv4' || section === 'ipv6') readIpSection(section, entries, name, intent);
    else noteUnknown(section, entries, intent);
  }
}

/** Names keys and never their values. */
function noteUnknown(section: string, entries: readonly PlacedEntry[], intent: NetworkIntent): void {
  for (const { key, path, line } of entries) {
    if (isHarmless(section, key)) continue;
    // A peer of WireGuard has its key in the name of the section.
    const shown = section.replace(/\..*/, '.…');
    intent.notUnderstood.push({ spot: { path, line }, text: `[${shown}] ${key}`, why: 'kept, and not looked into' });
  }
}

/** `controller` and `port-type` were called `master` and `slave-type`; they name a link or the UUID of a connection. */
function addPort(
  { get }: Connection,
  name: string | null,
  named: readonly { connection: Connection; name: string | null }[],
  intent: NetworkIntent,
): void {
  const controller = get('connection', 'controller', 'master')?.value;
  if (controller === undefined || name === null) return;
  const byUuid = named.find(({ connection }) => {
    return connection.get('connection', 'uuid')?.value === controller || connection.id === controller;
  });
  const master = byUuid?.name ?? controller;
  intent.links.find((link) => link.name === master)?.ports.push(name);
}

/** A port that comes up takes its controller along. */
function startControllers({ links }: NetworkIntent): void {
  const isUp = (name: string) => links.some((link) => link.name === name && link.isAutomatic);
  for (const link of links) link.isAutomatic ||= link.ports.some(isUp);
}

function noteNameless({ get, path, id }: Connection, intent: NetworkIntent): void {
  const spot = spotOf(get('connection', 'type'), path);
  const names = get('connection', 'interface-name') ?? get('ethernet', 'mac-address') ?? get('match', 'interface-name');
  const why =
    names === null
      ? 'it names no link: NetworkManager may use it for any that fits'
      : 'no link that is known is met by it';
  intent.notUnderstood.push({ spot, text: `connection ${id}`, why });
}

function spotOf(entry: PlacedEntry | null, path: string): SourceSpot {
  return { path, line: entry?.line ?? 1 };
}
