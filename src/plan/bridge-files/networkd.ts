import type { IniDocument } from '../../model/ini-document.ts';
import { baseName, brokenHeader, entriesOf, type NetworkdUnit, networkdUnits } from '../../parse/networkd-files.ts';
import { candidatesOf, networkFor } from '../../parse/networkd-intent.ts';
import { type KnownLink, literalNames, matchLink } from '../../parse/networkd-match.ts';
import { readNetdevs } from '../../parse/networkd-netdev.ts';
import { type NetworkReading, readNetwork } from '../../parse/networkd-network.ts';
import {
  renderAddressSection,
  renderBridgeNetdev,
  renderRouteSection,
  section,
} from '../../render/networkd-sections.ts';
import { keepCloudInitOff } from './cloud-init.ts';
import { type BridgeFiles, type BridgeFilesInput, isSameAddress, isSameRoute, refuse } from './input.ts';
import { linkFilesForHardware } from './networkd-link-files.ts';
import { splitDocument } from './networkd-split.ts';

const ETC = '/etc/systemd/network';

type Changes = Map<string, string | null>;

/**
 * The files of systemd-networkd for a bridge: a .netdev with its MAC, a .network with its addresses, and the uplink's file made that
 * of a port. What the owner wrote for the uplink (name servers, comments, what Lodge does not know) goes over to the bridge's file.
 * Files outside of /etc are not touched: one of their name in /etc takes their place.
 */
export function networkdBridgeFiles(input: BridgeFilesInput): BridgeFiles {
  const units = networkdUnits(input.files, 'network').filter((unit) => brokenHeader(unit) === null);
  const netdevs = readNetdevs(networkdUnits(input.files, 'netdev')).links;
  const made = netdevs.find(({ name }) => name === input.bridge.name);
  if (made !== undefined) return refuse(`${made.spot.path} makes a link ${made.name} already: take another name`);
  const changes: Changes = new Map();
  const candidates = candidatesOf(units, input.links, input.files, netdevs);
  const prefix = freePrefix(units, input.bridge);
  if (prefix === null)
    return refuse(`no file for ${input.bridge.name} could come before those that are for every link`);
  changes.set(`${ETC}/${prefix}${input.bridge.name}.netdev`, renderBridgeNetdev(input.bridge));
  const bridgeFile = `${ETC}/${prefix}${input.bridge.name}.network`;
  if (input.uplink === null) {
    changes.set(bridgeFile, bridgeText(input, ['ConfigureWithoutCarrier=yes'], []));
    return done(changes);
  }
  return keepCloudInitOff(moveToBridge(input, units, candidates, bridgeFile, changes), input);
}

/** The part for a bridge over the uplink. `changes` has the .netdev file already. */
function moveToBridge(
  input: BridgeFilesInput,
  units: readonly NetworkdUnit[],
  candidates: readonly KnownLink[],
  bridgeFile: string,
  changes: Changes,
): BridgeFiles {
  const link = candidates.find(({ name }) => name === input.uplink);
  const found = link === undefined ? null : networkFor(units, link);
  if (link === undefined || found === null) {
    return refuse(`no file of networkd's is for ${input.uplink}: there is nothing that could be moved to the bridge`);
  }
  const [master] = readNetwork(found.unit).masters;
  if (master !== undefined) return refuse(`${found.unit.path} makes ${link.name} a port of ${master} already`);
  const parts = found.unit.documents.map((document) => ({ document, ...splitDocument(document, input) }));
  changes.set(bridgeFile, bridgeText(input, [], parts));
  for (const file of linkFilesForHardware(input.files, input.bridge)) changes.set(inEtc(file.path), file.text);
  const isShared = candidates.some((one) => one !== link && networkFor(units, one)?.unit === found.unit);
  if (!isShared && !isForMore(found.unit)) {
    turnIntoPort(input, parts, changes);
    return done(changes);
  }
  // The file stays for the other links that it is for; the uplink gets one of its own, which comes before it.
  const ownPrefix = freePrefix(units, link);
  if (ownPrefix === null) return refuse(`no file for ${link.name} could come before ${found.unit.path}`);
  const match = section('Match', [`Name=${link.name}`]);
  changes.set(`${ETC}/${ownPrefix}${link.name}.network`, `# Written by Lodge.\n${match}\n${portText(input)}`);
  return done(changes);
}

function turnIntoPort(input: BridgeFilesInput, parts: { document: IniDocument; staying: string }[], changes: Changes) {
  for (const [index, { document, staying }] of parts.entries()) {
    const target = inEtc(document.path);
    const masks = input.files.some(({ path }) => path !== target && inEtc(path) === target);
    if (index === 0) changes.set(target, `${staying.trimEnd()}\n\n${portText(input)}`);
    else if (staying.trim() !== '') changes.set(target, staying);
    else changes.set(target, masks ? `# Lodge has moved this to ${input.bridge.name}.\n` : null);
  }
}

function portText({ bridge }: BridgeFilesInput): string {
  return section('Network', [`Bridge=${bridge.name}`, 'LinkLocalAddressing=no', 'IPv6AcceptRA=no']);
}

/** The bridge's .network file: what was moved to it, and what of its addresses and routes was nowhere yet. */
function bridgeText(
  input: BridgeFilesInput,
  settings: string[],
  parts: { moving: string; reading: NetworkReading }[],
): string {
  const addresses = parts.flatMap(({ reading }) => reading.addresses);
  const routes = parts.flatMap(({ reading }) => reading.routes);
  const moving = parts.map((part) => part.moving).join('');
  const saysAdvertisements = /^[ \t]*IPv6AcceptRA[ \t]*=/m.test(moving);
  const head = section('Network', [
    ...settings,
    'KeepConfiguration=static',
    ...(saysAdvertisements ? [] : [`IPv6AcceptRA=${input.needsAdvertisements ? 'yes' : 'no'}`]),
  ]);
  return [
    `# Written by Lodge${input.uplink === null ? '' : `: what ${input.uplink} had`}.\n${section('Match', [`Name=${input.bridge.name}`])}`,
    head,
    ...(moving.trim() === '' ? [] : [`${moving.trimEnd()}\n`]),
    ...input.addresses.filter((one) => !addresses.some((had) => isSameAddress(one, had))).map(renderAddressSection),
    ...input.routes.filter((one) => !routes.some((had) => isSameRoute(one, had))).map(renderRouteSection),
  ].join('\n');
}

/** A file for more than one link by its nature, whether others are there today or not. */
function isForMore(unit: NetworkdUnit): boolean {
  const match = entriesOf(unit, 'Match');
  const names = match.filter(({ key }) => key === 'Name').flatMap(({ value }) => value.split(/\s+/));
  const hasMac = match.some(({ key }) => key === 'MACAddress' || key === 'PermanentMACAddress');
  return !hasMac && (names.length !== 1 || literalNames(match).length !== 1);
}

/** `10-`, or a lower number where a file that is for the link comes before it. null: none is free. */
function freePrefix(units: readonly NetworkdUnit[], link: { name: string; mac: string | null }): string | null {
  const first = units.find((unit) => matchLink(entriesOf(unit, 'Match'), link) !== 'no')?.name ?? '\uffff';
  return ['10-', '05-', '01-', '00-'].find((prefix) => `${prefix}${link.name}.network` < first) ?? null;
}

/** `/run/systemd/network/10-a.network.d/b.conf -> /etc/systemd/network/10-a.network.d/b.conf` */
function inEtc(path: string): string {
  const dropIn = /\/([^/]+\.d)\/([^/]+)$/.exec(path);
  return dropIn === null ? `${ETC}/${baseName(path)}` : `${ETC}/${dropIn[1]}/${dropIn[2]}`;
}

function done(changes: Changes): BridgeFiles {
  return { ok: true, files: [...changes].map(([path, text]) => ({ path, text })) };
}
