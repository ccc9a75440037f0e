import { type IntentLink, type NetworkIntent, newIntent } from '../model/network-intent.ts';
import { setAsideByHand } from './by-hand.ts';
import {
  brokenHeader,
  entriesOf,
  lastOf,
  type NetworkdUnit,
  type NetworkText,
  networkdUnits,
} from './networkd-files.ts';
import { applyLinkFiles } from './networkd-link.ts';
import { hasMacCondition, type KnownLink, literalNames, type Matching, matchLink } from './networkd-match.ts';
import { readNetdevs } from './networkd-netdev.ts';
import { type NetworkReading, readNetwork } from './networkd-network.ts';
import { readBoolean, readBytes, readMac } from './networkd-values.ts';

/**
 * What the files of systemd-networkd say. `files` are all of them, of every directory; `links` those of the host, which patterns
 * and MACs are matched with. Links that only a file names (a NIC that is not there, a bridge still to be made) are in it too.
 */
export function intentOfNetworkd(files: readonly NetworkText[], links: readonly KnownLink[]): NetworkIntent {
  const netdevs = readNetdevs(networkdUnits(files, 'netdev'));
  const networks = networkdUnits(files, 'network');
  const intent: NetworkIntent = { ...newIntent(), ...netdevs };
  const usable = networks.filter((unit) => !reportBroken(unit, intent));
  const readings = new Map<NetworkdUnit, NetworkReading>();
  const masters: { port: string; master: string; reading: NetworkReading }[] = [];
  for (const link of candidatesOf(usable, links, files, netdevs.links)) {
    const found = networkFor(usable, link);
    if (found === null || isUnmanaged(found.unit)) continue;
    const reading = readings.get(found.unit) ?? readNetwork(found.unit);
    if (!readings.has(found.unit)) noteOnce(found, reading, intent);
    readings.set(found.unit, reading);
    addLink(link, found.unit, intent);
    addReading(link.name, reading, intent);
    masters.push(...reading.masters.map((master) => ({ port: link.name, master, reading })));
  }
  for (const { port, master } of masters) intent.links.find(({ name }) => name === master)?.ports.push(port);
  noteUnmatched(usable, readings, intent);
  return setAsideByHand(intent);
}

/** The .network file that configures a link: the first that is for it. */
export function networkFor(
  units: readonly NetworkdUnit[],
  link: KnownLink,
): { unit: NetworkdUnit; matching: Matching } | null {
  for (const unit of units) {
    const matching = matchLink(entriesOf(unit, 'Match'), link);
    if (matching === 'yes' || (matching === 'unknown' && isOwners(unit))) return { unit, matching };
  }
  return null;
}

/** The links there are, as udev names them, those that .netdev files make, and those that files name and nobody has seen. */
export function candidatesOf(
  networks: readonly NetworkdUnit[],
  links: readonly KnownLink[],
  files: readonly NetworkText[],
  netdevs: readonly IntentLink[],
): KnownLink[] {
  const made = netdevs.map(({ name, kind, mac }) => ({ name, mac, kind: kind as string }));
  const there = applyLinkFiles(
    networkdUnits(files, 'link'),
    links.filter(({ name }) => !made.some((link) => link.name === name)),
  );
  const known = [...there, ...made];
  const named = networks
    .map((unit) => entriesOf(unit, 'Match'))
    .filter((match) => !hasMacCondition(match) && !known.some((link) => matchLink(match, link) !== 'no'))
    .flatMap(literalNames);
  const absent = [...new Set(named)].map((name) => ({ name, mac: null }));
  return [...known, ...absent];
}

/** Files of the owner's and of a generator's; those below /usr are systemd's own samples. */
function isOwners(unit: NetworkdUnit): boolean {
  return unit.path.startsWith('/etc/') || unit.path.startsWith('/run/');
}

function isUnmanaged(unit: NetworkdUnit): boolean {
  return readBoolean(lastOf(entriesOf(unit, 'Link'), 'Unmanaged')?.value ?? 'no') === true;
}

function reportBroken(unit: NetworkdUnit, intent: NetworkIntent): boolean {
  const broken = brokenHeader(unit);
  if (broken === null) return false;
  const { path, line, text, why } = broken;
  intent.notUnderstood.push({ spot: { path, line }, text, why: `${why}: networkd leaves the file out` });
  return true;
}

function noteOnce(
  { unit, matching }: { unit: NetworkdUnit; matching: Matching },
  reading: NetworkReading,
  intent: NetworkIntent,
): void {
  intent.notUnderstood.push(...reading.notUnderstood);
  if (matching !== 'unknown') return;
  const [first] = entriesOf(unit, 'Match');
  intent.notUnderstood.push({
    spot: { path: unit.path, line: first?.line ?? 1 },
    text: entriesOf(unit, 'Match')
      .map(({ key, value }) => `${key}=${value}`)
      .join(' '),
    why: 'a condition of [Match] can only be decided by udev: it is taken to be met',
  });
}

function addLink(link: KnownLink, unit: NetworkdUnit, intent: NetworkIntent): void {
  const settings = entriesOf(unit, 'Link');
  const mac = readMac(lastOf(settings, 'MACAddress')?.value ?? '');
  const mtu = readBytes(lastOf(settings, 'MTUBytes')?.value ?? '');
  const policy = lastOf(settings, 'ActivationPolicy')?.value ?? 'up';
  const isAutomatic = !['manual', 'down', 'always-down'].includes(policy);
  const made = intent.links.find(({ name }) => name === link.name);
  if (made !== undefined) {
    Object.assign(made, { mac: mac ?? made.mac, mtu: mtu ?? made.mtu, isAutomatic });
    return;
  }
  intent.links.push({
    name: link.name,
    kind: link.name === 'lo' ? 'loopback' : 'physical',
    isAutomatic,
    mac,
    mtu,
    ports: [],
    stp: null,
    forwardDelaySec: null,
    spot: { path: unit.path, line: 1 },
  });
}

function addReading(link: string, reading: NetworkReading, intent: NetworkIntent): void {
  intent.addresses.push(...reading.addresses.map((address) => ({ link, ...address })));
  for (const { hasLink, ...route } of reading.routes) {
    intent.routes.push({ ...route, link: hasLink ? link : null, context: link });
  }
  intent.dynamic.push(...reading.dynamic.map((one) => ({ link, ...one })));
}

/** A file of the owner's that is for no link does nothing: a NIC may have been changed or renamed. */
function noteUnmatched(
  units: readonly NetworkdUnit[],
  readings: ReadonlyMap<NetworkdUnit, NetworkReading>,
  intent: NetworkIntent,
): void {
  for (const unit of units) {
    if (readings.has(unit) || !isOwners(unit) || isUnmanaged(unit)) continue;
    const match = entriesOf(unit, 'Match');
    const text = match.map(({ key, value }) => `${key}=${value}`).join(' ');
    const why =
      match.length === 0
        ? 'there is no [Match] section: networkd leaves the file out'
        : 'no link that is known, and that no earlier file has, is met by it';
    intent.notUnderstood.push({ spot: { path: unit.path, line: match[0]?.line ?? 1 }, text: text || unit.name, why });
  }
}
