import type { IniLine } from '../model/ini-document.ts';
import type { Family } from '../model/network-facts.ts';
import type { IntentAddress, IntentRoute, NetworkIntent, SourceSpot } from '../model/network-intent.ts';
import { readDynamic } from './networkd-dynamic.ts';
import {
  lastOf,
  type NetworkdUnit,
  type PlacedEntry,
  type PlacedSection,
  sectionsOfUnit,
  spotOf,
} from './networkd-files.ts';
import { HARMLESS_ADDRESS_KEYS, HARMLESS_NETWORK_KEYS, HARMLESS_SECTIONS, STACKED_KEYS } from './networkd-keys.ts';
import { readGateway, readRoute } from './networkd-route.ts';
import { classLength, readAddress, readBoolean } from './networkd-values.ts';

const READ_KEYS = new Set(['DHCP', 'IPv6AcceptRA']);
const WHY_NO_LENGTH = 'no prefix length: versions of networkd differ in what they take it for';
const WHY_EMPTY = 'an empty value takes nothing back in networkd 252, and may in others';

/** What a .network file gives each link that it is for. */
export interface NetworkReading {
  addresses: Omit<IntentAddress, 'link'>[];
  /** `link` and `context` are the link's name, which is put in later; `link` stays null where it is null. */
  routes: (Omit<IntentRoute, 'link' | 'context'> & { hasLink: boolean })[];
  dynamic: { family: Family; method: 'dhcp' | 'ra' | 'delegated'; spot: SourceSpot }[];
  /** Names of the bridge or bond that the link is a port of. */
  masters: string[];
  notUnderstood: NetworkIntent['notUnderstood'];
}

/** Reads the sections of a .network file with its drop-ins, in their order. [Match] and [Link] are read elsewhere. */
export function readNetwork(unit: NetworkdUnit): NetworkReading {
  const reading: NetworkReading = {
    addresses: [],
    routes: [],
    dynamic: readDynamic(unit),
    masters: [],
    notUnderstood: unit.documents.flatMap(({ path, lines }) => junkOf(path, lines)),
  };
  for (const section of sectionsOfUnit(unit)) readSection(section, reading);
  return reading;
}

function readSection(section: PlacedSection, reading: NetworkReading): void {
  switch (section.name) {
    case 'Match':
    case 'Link':
      return;
    case 'Network':
      readNetworkSection(section, reading);
      return;
    case 'Address':
      readAddressSection(section, reading);
      return;
    case 'Route': {
      const route = readRoute(section);
      if (route.ok) reading.routes.push(route.value);
      else noteSection(reading, section, `[Route] ${wordsOf(section)}`, route.reason);
      return;
    }
    default:
      if (HARMLESS_SECTIONS.has(section.name) || section.name.startsWith('X-')) return;
      noteSection(reading, section, `[${section.name}] ${wordsOf(section)}`, whySection(section.name));
  }
}

function whySection(section: string): string {
  if (section === 'RoutingPolicyRule') return 'a rule of policy routing is kept and not planned with';
  if (section === 'NextHop') return 'a next hop of its own is kept and not planned with';
  return 'networkd has no section of this name that Lodge knows';
}

function readNetworkSection(section: PlacedSection, reading: NetworkReading): void {
  for (const entry of section.entries) {
    const { key, value } = entry;
    if (key === 'Address') addAddress(entry, null, [], reading);
    else if (key === 'Gateway') addGateway(entry, value, reading);
    else if (key === 'DefaultRouteOnDevice') {
      if (readBoolean(value) === true) addGateway(entry, '0.0.0.0', reading);
    } else if (key === 'Bridge' || key === 'Bond') {
      reading.masters = value === '' ? [] : [value];
    } else if (!READ_KEYS.has(key) && !STACKED_KEYS.has(key) && !HARMLESS_NETWORK_KEYS.has(key)) {
      note(reading, entry, 'no key of [Network] that Lodge knows');
    }
  }
}

function readAddressSection(section: PlacedSection, reading: NetworkReading): void {
  const address = lastOf(section.entries, 'Address');
  if (address === null) {
    noteSection(reading, section, `[Address] ${wordsOf(section)}`, 'an [Address] section needs Address=');
    return;
  }
  addAddress(address, lastOf(section.entries, 'Peer'), section.entries, reading);
  for (const entry of section.entries) {
    if (entry.key === 'Address' || entry.key === 'Peer' || HARMLESS_ADDRESS_KEYS.has(entry.key)) continue;
    note(reading, entry, 'no key of [Address] that Lodge knows');
  }
}

/** `siblings` are the entries of the section, for their order. */
function addAddress(
  entry: PlacedEntry,
  peerEntry: PlacedEntry | null,
  siblings: readonly PlacedEntry[],
  reading: NetworkReading,
): void {
  const spot = spotOf(entry);
  const read = readAddress(entry.value);
  const peer = peerEntry === null ? null : readAddress(peerEntry.value);
  const isAny = read?.address === '0.0.0.0' || read?.address === '::';
  if (read === null || isAny || (peerEntry !== null && peer?.family !== read.family)) {
    note(reading, entry, whyNoAddress(entry.value, isAny, read === null));
    return;
  }
  // Address= and Peer= set one and the same length: the later of the two decides.
  const isPeerLater = peer !== null && peerEntry !== null && siblings.indexOf(peerEntry) > siblings.indexOf(entry);
  const decisive = isPeerLater ? peer : read;
  if (decisive.prefixLength === null) note(reading, isPeerLater ? peerEntry : entry, WHY_NO_LENGTH);
  const prefixLength = decisive.prefixLength ?? classLength(decisive);
  reading.addresses.push({
    family: read.family,
    address: read.address,
    prefixLength,
    peer: peer?.address ?? null,
    spot,
  });
}

function whyNoAddress(value: string, isAny: boolean, isUnreadable: boolean): string {
  if (value === '') return WHY_EMPTY;
  if (isAny) return 'networkd itself chooses this address from a pool';
  return isUnreadable ? 'not an address' : 'its peer is no address of its family';
}

function addGateway(entry: PlacedEntry, value: string, reading: NetworkReading): void {
  const route = readGateway(value, spotOf(entry));
  if (route.ok) reading.routes.push(route.value);
  else note(reading, entry, value === '' ? WHY_EMPTY : route.reason);
}

function junkOf(path: string, lines: readonly IniLine[]): NetworkIntent['notUnderstood'] {
  return lines.flatMap((line) => {
    if (line.kind !== 'junk') return [];
    return [{ spot: { path, line: line.line }, text: line.raw.trim(), why: `${line.why}: networkd leaves it out` }];
  });
}

function note(reading: NetworkReading, { path, line, key, value }: PlacedEntry, why: string): void {
  reading.notUnderstood.push({ spot: { path, line }, text: `${key}=${value}`, why });
}

function noteSection(reading: NetworkReading, section: PlacedSection, text: string, why: string): void {
  reading.notUnderstood.push({ spot: { path: section.path, line: section.line }, text: text.trim(), why });
}

function wordsOf(section: PlacedSection): string {
  return section.entries.map(({ key, value }) => `${key}=${value}`).join(' ');
}
