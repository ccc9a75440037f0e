import type { Family } from '../model/network-facts.ts';
import type { IntentAddress, IntentRoute, NetworkIntent, SourceSpot } from '../model/network-intent.ts';
import type { IniLine } from './ini.ts';
import { entriesOf, lastOf, type NetworkdUnit, type PlacedSection, sectionsOfUnit } from './networkd-files.ts';
import { HARMLESS_ADDRESS_KEYS, HARMLESS_NETWORK_KEYS, HARMLESS_SECTIONS, STACKED_KEYS } from './networkd-keys.ts';
import { readGateway, readRoute } from './networkd-route.ts';
import { classLength, readAddress, readBoolean } from './networkd-values.ts';

/** What a .network file gives each link that it is for. */
export interface NetworkReading {
  addresses: Omit<IntentAddress, 'link'>[];
  /** `link` and `context` are the link's name, which is put in later; `link` stays null where it is null. */
  routes: (Omit<IntentRoute, 'link' | 'context'> & { hasLink: boolean })[];
  dynamic: { family: Family; method: 'dhcp' | 'ra' | 'delegated'; spot: SourceSpot }[];
  /** Names of the bridge or bond that the link is a port of. */
  masters: string[];
  /** Names of links on top of it: `VLAN=`, `MACVLAN=` … */
  stacked: string[];
  notUnderstood: NetworkIntent['notUnderstood'];
}

/** Reads the sections of a .network file with its drop-ins, in their order. [Match] and [Link] are read elsewhere. */
export function readNetwork(unit: NetworkdUnit): NetworkReading {
  const reading: NetworkReading = {
    addresses: [],
    routes: [],
    dynamic: readDynamic(unit),
    masters: [],
    stacked: [],
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
      else name(reading, section, `[Route] ${wordsOf(section)}`, route.reason);
      return;
    }
    default:
      if (HARMLESS_SECTIONS.has(section.name) || section.name.startsWith('X-')) return;
      name(reading, section, `[${section.name}] ${wordsOf(section)}`, whySection(section.name));
  }
}

function whySection(section: string): string {
  if (section === 'RoutingPolicyRule') return 'a rule of policy routing is kept and not planned with';
  if (section === 'NextHop') return 'a next hop of its own is kept and not planned with';
  return 'networkd has no section of this name that Lodge knows';
}

function readNetworkSection(section: PlacedSection, reading: NetworkReading): void {
  for (const { key, value, line, path } of section.entries) {
    const spot = { path, line };
    if (key === 'Address') readShortAddress(value, spot, reading);
    else if (key === 'Gateway') {
      // An empty value takes back the gateways of [Network] and leaves [Route] sections alone.
      if (value === '') reading.routes = reading.routes.filter(({ form }) => form !== 'gateway');
      else addGateway(value, spot, reading);
    } else if (key === 'DefaultRouteOnDevice') {
      if (readBoolean(value) === true) addGateway('0.0.0.0', spot, reading);
    } else if (key === 'Bridge' || key === 'Bond') {
      reading.masters = value === '' ? [] : [value];
    } else if (STACKED_KEYS.has(key)) {
      reading.stacked.push(value);
    } else if (!HARMLESS_NETWORK_KEYS.has(key) && key !== 'DHCP' && key !== 'IPv6AcceptRA') {
      reading.notUnderstood.push({ spot, text: `${key}=${value}`, why: 'no key of [Network] that Lodge knows' });
    }
  }
}

function readShortAddress(value: string, spot: SourceSpot, reading: NetworkReading): void {
  if (value === '') {
    reading.addresses = [];
    return;
  }
  addAddress(value, null, spot, `Address=${value}`, reading);
}

function readAddressSection(section: PlacedSection, reading: NetworkReading): void {
  const address = lastOf(section.entries, 'Address');
  if (address === null) {
    name(reading, section, `[Address] ${wordsOf(section)}`, 'an [Address] section needs Address=');
    return;
  }
  const spot = { path: address.path, line: address.line };
  addAddress(address.value, lastOf(section.entries, 'Peer')?.value ?? null, spot, `Address=${address.value}`, reading);
  for (const { key, value, line, path } of section.entries) {
    if (key === 'Address' || key === 'Peer' || HARMLESS_ADDRESS_KEYS.has(key)) continue;
    reading.notUnderstood.push({
      spot: { path, line },
      text: `${key}=${value}`,
      why: 'no key of [Address] that Lodge knows',
    });
  }
}

function addAddress(
  value: string,
  peerValue: string | null,
  spot: SourceSpot,
  text: string,
  reading: NetworkReading,
): void {
  const read = readAddress(value);
  const peer = peerValue === null ? null : readAddress(peerValue);
  if (read === null || (peerValue !== null && peer?.family !== read.family)) {
    const why =
      read === null ? 'not an address with its prefix length' : `Peer=${peerValue} is no address of its family`;
    reading.notUnderstood.push({ spot, text, why });
    return;
  }
  if (read.address === '0.0.0.0' || read.address === '::') {
    reading.notUnderstood.push({ spot, text, why: 'networkd itself chooses this address from a pool' });
    return;
  }
  // With a peer the kernel keeps one length for both: the peer's, where it has one.
  const prefixLength = peer?.prefixLength ?? read.prefixLength ?? classLength(read);
  reading.addresses.push({
    family: read.family,
    address: read.address,
    prefixLength,
    peer: peer?.address ?? null,
    spot,
  });
}

function addGateway(value: string, spot: SourceSpot, reading: NetworkReading): void {
  const route = readGateway(value, spot);
  if (route.ok) reading.routes.push(route.value);
  else reading.notUnderstood.push({ spot, text: `Gateway=${value}`, why: route.reason });
}

/**
 * What the file asks for by DHCP and router advertisements. That advertisements are taken where nothing is said of them is not
 * listed: no line says it. A DUID of the provider's or a hint for a prefix is how a delegated prefix is kept alive.
 */
function readDynamic(unit: NetworkdUnit): NetworkReading['dynamic'] {
  const dynamic: NetworkReading['dynamic'] = [];
  const network = entriesOf(unit, 'Network');
  const dhcp = lastOf(network, 'DHCP');
  const client = entriesOf(unit, 'DHCPv6');
  const always = lastOf(entriesOf(unit, 'IPv6AcceptRA'), 'DHCPv6Client');
  const asksAlways = always?.value === 'always' ? always : null;
  const families = dhcp === null ? [] : dhcpFamilies(dhcp.value);
  const reason = families.includes('ipv6') ? dhcp : asksAlways;
  if (dhcp !== null && families.includes('ipv4')) dynamic.push({ family: 'ipv4', method: 'dhcp', spot: spotOf(dhcp) });
  if (reason !== null) {
    const isDelegated = lastOf(client, 'PrefixDelegationHint') !== null || lastOf(client, 'DUIDRawData') !== null;
    dynamic.push({ family: 'ipv6', method: isDelegated ? 'delegated' : 'dhcp', spot: spotOf(reason) });
  }
  const advertisements = lastOf(network, 'IPv6AcceptRA');
  if (advertisements !== null && readBoolean(advertisements.value) === true) {
    dynamic.push({ family: 'ipv6', method: 'ra', spot: spotOf(advertisements) });
  }
  return dynamic;
}

/** `v4`, `v6`, `both` and `none` are names of old. */
function dhcpFamilies(value: string): Family[] {
  if (value === 'ipv4' || value === 'v4') return ['ipv4'];
  if (value === 'ipv6' || value === 'v6') return ['ipv6'];
  return value === 'both' || readBoolean(value) === true ? ['ipv4', 'ipv6'] : [];
}

function junkOf(path: string, lines: readonly IniLine[]): NetworkIntent['notUnderstood'] {
  return lines.flatMap((line) => {
    if (line.kind !== 'junk') return [];
    return [{ spot: { path, line: line.line }, text: line.raw.trim(), why: `${line.why}: networkd leaves it out` }];
  });
}

function name(reading: NetworkReading, section: PlacedSection, text: string, why: string): void {
  reading.notUnderstood.push({ spot: { path: section.path, line: section.line }, text: text.trim(), why });
}

function wordsOf(section: PlacedSection): string {
  return section.entries.map(({ key, value }) => `${key}=${value}`).join(' ');
}

function spotOf({ path, line }: { path: string; line: number }): SourceSpot {
  return { path, line };
}
