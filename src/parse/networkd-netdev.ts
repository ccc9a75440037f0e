import type { IntentLink, NetworkIntent } from '../model/network-intent.ts';
import { brokenHeader, entriesOf, lastOf, type NetworkdUnit } from './networkd-files.ts';
import { readBoolean, readBytes, readMac, readSeconds } from './networkd-values.ts';

const KINDS: Record<string, IntentLink['kind']> = { bridge: 'bridge', vlan: 'vlan', bond: 'bond', dummy: 'dummy' };

type NotUnderstood = NetworkIntent['notUnderstood'];

/** The links that .netdev files make, without ports yet. Of two files for one name the first counts. */
export function readNetdevs(units: readonly NetworkdUnit[]): { links: IntentLink[]; notUnderstood: NotUnderstood } {
  const links: IntentLink[] = [];
  const notUnderstood: NotUnderstood = [];
  for (const unit of units) {
    const link = readNetdev(unit, notUnderstood);
    if (link !== null && !links.some(({ name }) => name === link.name)) links.push(link);
  }
  return { links, notUnderstood };
}

function readNetdev(unit: NetworkdUnit, notUnderstood: NotUnderstood): IntentLink | null {
  const refuse = (line: number, text: string, why: string) => {
    notUnderstood.push({ spot: { path: unit.path, line }, text, why });
    return null;
  };
  const broken = brokenHeader(unit);
  if (broken !== null) return refuse(broken.line, broken.text, `${broken.why}: networkd leaves the file out`);
  const device = entriesOf(unit, 'NetDev');
  const name = lastOf(device, 'Name');
  const kind = lastOf(device, 'Kind');
  if (name === null || kind === null) {
    return refuse(1, unit.name, 'a .netdev file needs Name= and Kind= in [NetDev]: networkd leaves it out');
  }
  const bridge = entriesOf(unit, 'Bridge');
  const stp = lastOf(bridge, 'STP');
  const delay = lastOf(bridge, 'ForwardDelaySec');
  return {
    name: name.value,
    kind: KINDS[kind.value] ?? 'other',
    isAutomatic: true,
    mac: readMac(lastOf(device, 'MACAddress')?.value ?? ''),
    mtu: readBytes(lastOf(device, 'MTUBytes')?.value ?? ''),
    ports: [],
    stp: stp === null ? null : readBoolean(stp.value),
    forwardDelaySec: delay === null ? null : readSeconds(delay.value),
    spot: { path: name.path, line: name.line },
  };
}
