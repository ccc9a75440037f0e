import type { WalkLine, WalkSection } from '../model/network-explanation.ts';
import type { FdbFact, LinkFact } from '../model/network-facts.ts';
import { linkNamed, type NetworkScene, portsOf } from './network-scene.ts';
import { folded, isGuestTap } from './network-walk-fold.ts';

const HEAD: WalkLine = { text: 'bridge name     bridge id           STP enabled     interfaces', meaning: null };

/** A line a bridge with its first port, and a line for each port more, as brctl prints them: by name. */
export function walkBridges(scene: NetworkScene): WalkLine[] {
  const bridges = scene.facts.links.filter(({ kind }) => kind === 'bridge').sort((a, b) => (a.name < b.name ? -1 : 1));
  if (bridges.length === 0) return [];
  return [HEAD, ...bridges.flatMap((bridge) => linesOf(scene, bridge))];
}

function linesOf(scene: NetworkScene, bridge: LinkFact): WalkLine[] {
  const ports = portsOf(scene.facts, bridge.name).sort((a, b) => (a.name < b.name ? -1 : 1));
  // The priority is not among the facts: 8000 is what the kernel begins with, and nobody changes it without a spanning tree.
  const id = `8000.${(bridge.mac ?? '').replaceAll(':', '')}`;
  const stp = bridge.bridge?.stp === true ? 'yes' : 'no';
  const columns = [bridge.name.padEnd(15), id.padEnd(19), stp.padEnd(15)].join(' ');
  const [first, ...others] = ports;
  const lines = [
    { text: `${columns} ${first?.name ?? ''}`.trimEnd(), meaning: null },
    ...others.slice(0, 8).map(({ name }) => ({ text: `${' '.repeat(52)}${name}`, meaning: null })),
  ];
  const more = others.length > 8 ? `; and ${others.length - 8} more ports` : '';
  // Below the last port, so that the columns stay together.
  const meaning = `${meaningOfId(scene, bridge, id)}${more}`;
  return lines.map((line, index) => (index === lines.length - 1 ? { ...line, meaning } : line));
}

function meaningOfId({ uplink, uplinkBridge }: NetworkScene, bridge: LinkFact, id: string): string {
  const tree = bridge.bridge?.stp === true ? '; the spanning tree makes each new port wait' : '';
  if (bridge.name !== uplinkBridge?.name || uplink === null)
    return `the bridge id is its MAC; the uplink is not on it${tree}`;
  const rightly =
    bridge.mac === uplink.mac
      ? `the MAC of ${uplink.name}, as it must be`
      : `not the MAC of ${uplink.name}: lodge net explain`;
  return `bridge id ${id}: ${rightly}${tree}`;
}

/** `eth0       00:23:9c:17:34:23   no`: which MACs are behind which port. brctl has the port's number in the place of its name. */
export function walkForwardingDatabases(scene: NetworkScene): WalkSection[] {
  const bridges = scene.facts.links.filter(
    ({ kind, name }) => kind === 'bridge' && portsOf(scene.facts, name).length > 0,
  );
  return bridges.map(({ name }) => {
    const entries = scene.facts.forwardingDatabase
      .filter(({ bridge, mac }) => bridge === name && (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0)
      .sort((a, b) => portIndex(scene, a) - portIndex(scene, b) || (a.mac < b.mac ? -1 : 1));
    const lines = folded(
      entries.map((entry) => ({
        text: `${entry.port.padEnd(15)} ${entry.mac}   ${entry.isLocal ? 'yes' : 'no'}`,
        meaning: meaningOfEntry(scene, entry),
      })),
      16,
      'MACs',
    );
    return {
      command: `brctl showmacs ${name}`,
      lines: [{ text: 'port            mac addr            is local?', meaning: null }, ...lines],
    };
  });
}

function portIndex({ facts }: NetworkScene, { port }: FdbFact): number {
  return linkNamed(facts, port)?.index ?? 0;
}

function meaningOfEntry({ facts, uplink }: NetworkScene, { port, mac, isLocal, bridge }: FdbFact): string {
  if (isLocal) return port === bridge ? `the MAC of ${bridge} itself` : `the MAC of ${port} itself`;
  const neighbour = facts.neighbours.find((one) => one.mac === mac && !one.isProxy);
  const isGateway = facts.routes.some(
    ({ destination, via }) => destination === 'default' && via !== null && via === neighbour?.address,
  );
  if (isGateway) return `the gateway ${neighbour?.address}`;
  if (port === uplink?.name)
    return neighbour === undefined ? "somebody on the provider's side" : `${neighbour.address}, on the provider's side`;
  return isGuestTap(port) ? "a guest of Lodge's" : `somebody behind ${port}: a guest`;
}
