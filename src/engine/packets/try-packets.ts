import { linkLocalFromMac } from '../../base/address.ts';
import type { Random } from '../../base/random.ts';
import { forgetConnections } from '../../host/conntrack.ts';
import { makeDirectory, removeTree, writeFileAtomically } from '../../host/files.ts';
import { readAbilities } from '../../host/network-abilities.ts';
import { applyRuleset, listChains } from '../../host/nft.ts';
import { monitorTrace } from '../../host/nft-trace.ts';
import type { GuestNic } from '../../model/guest.ts';
import type { Layout } from '../../model/layout.ts';
import { familiesOf, type Ipv6State, type NatFamilies } from '../../model/nat-families.ts';
import { natTapPrefix } from '../../model/nat-tap-prefix.ts';
import type { HopReport, PacketReport } from '../../model/packet-report.ts';
import { parseTraceLine } from '../../parse/trace-line.ts';
import type { Conversation } from '../../plan/packets/conversation.ts';
import { explainSilence, type LegacyDrop } from '../../plan/packets/explain-silence.ts';
import { farHops } from '../../plan/packets/far-hops.ts';
import { planFixes } from '../../plan/packets/fixes.ts';
import { localIpv4Hops, localIpv6Hops } from '../../plan/packets/local-hops.ts';
import { markOf } from '../../plan/packets/marks.ts';
import { type Patience, traceLimitMs } from '../../plan/packets/pace.ts';
import { TraceReader } from '../../plan/packets/read-trace.ts';
import { type PacketScene, STRANGER } from '../../plan/packets/scene.ts';
import { withoutTaken } from '../../plan/packets/taken-taps.ts';
import { untriedHops } from '../../plan/packets/untried.ts';
import { withoutGateway } from '../../plan/packets/without-gateway.ts';
import { renderPacketTables, renderPacketTablesRemoval } from '../../render/packet-table.ts';
import type { Store } from '../../store/store.ts';
import { TwinSpaces } from '../../twin/spaces.ts';
import type { GuestNetwork } from '../guests/guest-network.ts';
import { inHostTurn } from '../host-turn.ts';
import { Talks } from './converse.ts';
import { observeOwners } from './observe-owners.ts';
import { observeScene } from './observe-scene.ts';
import { observeTaken } from './observe-taken.ts';
import { silenceFacts, watchLegacy } from './silence-facts.ts';
import { packetMark, packetTable } from './sweep.ts';
import { UndoList } from './undo-list.ts';
import { openWires, plugOutside, plugStandIns } from './wires.ts';

export interface PacketDeps {
  store: Store;
  layout: Layout;
  random: Random;
  network: GuestNetwork;
}

/**
 * Sends packets of a guest through this host and says what became of each: two namespaces stand in for guests, attached as
 * guests are, and a third brings packets in by the uplink. Nothing of it leaves the host, and nothing stays.
 *
 * @throws what keeps a guest from being attached at all
 */
export async function tryPackets(
  deps: PacketDeps,
  watched: GuestNic | null,
  patience: Patience,
): Promise<PacketReport> {
  // Each would see the other's packets and tables among what it looks at.
  return inHostTurn('packets', async () => {
    const undo = new UndoList();
    try {
      return await tryWith(deps, watched, patience, undo);
    } finally {
      await undo.run();
    }
  });
}

async function tryWith(
  deps: PacketDeps,
  watched: GuestNic | null,
  patience: Patience,
  undo: UndoList,
): Promise<PacketReport> {
  const ipv6 = await deps.network.ipv6(true);
  const scene = { ...(await sceneOf(deps, ipv6)), watched };
  const { guest, neighbour } = scene;
  const mark = packetMark(deps.layout);
  undo.add(() => removeTree(mark));
  await makeDirectory(deps.layout.runDir);
  await writeFileAtomically(mark, `${packetTable(scene.network)}\n`, { untilReboot: true });
  const addresses = [guest, neighbour].flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]).filter((one) => one !== null);
  const linkLocals = [guest, neighbour].map(({ mac }) => linkLocalFromMac(mac));
  undo.add(() => forgetConnections([...addresses, ...linkLocals, STRANGER.ipv4, STRANGER.ipv6, '255.255.255.255']));
  const spaces = await TwinSpaces.open('packets');
  undo.add(() => spaces.close());
  await plugStandIns(deps.network, spaces, scene, undo);
  await plugOutside(spaces, scene, undo);
  return follow(scene, spaces, ipv6, patience, undo);
}

async function sceneOf({ store, random, network }: PacketDeps, ipv6: Ipv6State): Promise<PacketScene> {
  return observeScene({
    network: await network.network(),
    random,
    taken: store.guests.list().map(({ spec }) => spec.nic),
    hasIpv6: ipv6 === 'on',
    isPortFree: async (port) => !(await network.portInUse(port)),
  });
}

async function follow(
  scene: PacketScene,
  spaces: TwinSpaces,
  ipv6: Ipv6State,
  patience: Patience,
  undo: UndoList,
): Promise<PacketReport> {
  const families = familiesOf(ipv6);
  const conversations = [
    ...localIpv4Hops(scene),
    ...localIpv6Hops(scene),
    ...farHops(scene, 'ipv4'),
    ...farHops(scene, 'ipv6'),
  ];
  const table = packetTable(scene.network);
  const others = await listChains();
  const { netdevEgress } = await readAbilities(null);
  const isShared = netdevEgress && others.some(({ hook }) => hook === 'egress');
  undo.add(() => applyRuleset(renderPacketTablesRemoval(table, families)));
  await applyRuleset(tablesOf(scene, table, families, !netdevEgress ? 'absent' : isShared ? 'shared' : 'ours alone'));
  const listedMs = Date.now();
  const chains = await listChains();
  const limitMs = traceLimitMs(Date.now() - listedMs);
  const reader = new TraceReader({
    conversations,
    chains,
    table,
    isTap: (link) => link?.startsWith(natTapPrefix(scene.network)) ?? false,
    end: isShared ? 'egress_last' : 'postrouting_last',
    privateAddresses: [scene.guest, scene.neighbour].flatMap(({ ipv4, ipv6 }) =>
      [ipv4, ipv6].filter((one) => one !== null),
    ),
    markOf: (packet) => markOf(scene, packet),
  });
  const legacySince = await watchLegacy();
  const talks = new Talks(conversations);
  const monitor = await monitorTrace((line) => {
    const event = parseTraceLine(line);
    if (event !== null) reader.read(event);
  });
  undo.add(() => monitor.end());
  const wires = await openWires(spaces, scene.uplinks, (wire, frame) => talks.hear(wire, frame));
  undo.add(() => wires.close());
  talks.use(wires);
  const end = await talks.hold(scene, reader, patience, limitMs);
  const silence = reader.isBlind ? 'blind' : end;
  const legacy = await legacySince();
  const tried = await Promise.all(
    conversations.map((conversation) => judge(conversation, talks, reader, scene, legacy, silence)),
  );
  const taken = await observeTaken(scene, ipv6);
  const hops = [...withoutGateway(withoutTaken(tried, taken)), ...untriedHops(scene, tried)];
  const stops = hops.flatMap(({ stop }) => (stop === null ? [] : [stop]));
  const fixes = planFixes(stops, await observeOwners(others), {
    tapPrefix: natTapPrefix(scene.network),
    pools: { ipv4: scene.network.ipv4Prefix, ipv6: scene.network.ipv6Prefix },
    publishedPort: scene.publishedPort,
  });
  return { hops, fixes, taken };
}

function tablesOf(
  scene: PacketScene,
  name: string,
  families: NatFamilies,
  egress: 'absent' | 'ours alone' | 'shared',
): string {
  const nics = [scene.guest, scene.neighbour];
  const addresses = (family: 'ipv4' | 'ipv6') => nics.flatMap((nic) => nic[family] ?? []);
  return renderPacketTables({
    name,
    taps: nics.map(({ tap }) => tap),
    tapPrefix: natTapPrefix(scene.network),
    watchedTap: scene.watched?.tap ?? null,
    uplinks: scene.uplinks.map((uplink) => uplink.name),
    guests: { ipv4: addresses('ipv4'), ipv6: addresses('ipv6') },
    stranger: STRANGER,
    families,
    egress,
  });
}

/** What it means that nothing was seen of a conversation: `over` is the finding; else the trial has failed, and not the host. */
type Silence = 'over' | 'behind' | 'blind';

const UNSEEN: Record<Exclude<Silence, 'over'>, string> = {
  behind: 'this host is too slow at the moment: what becomes of packets shows (nft monitor trace) minutes later',
  blind: 'packets cannot be traced here (nft monitor trace showed none of them)',
};

async function judge(
  conversation: Conversation,
  talks: Talks,
  reader: TraceReader,
  scene: PacketScene,
  legacy: LegacyDrop[],
  silence: Silence,
): Promise<HopReport> {
  const { hop, family, link } = conversation;
  const report = { hop, family, link, reason: null, stop: null };
  if (talks.hasWorked(conversation, reader)) return { ...report, outcome: 'passed' };
  const followed = reader.followed(conversation);
  const [most] = followed.stops.toSorted((a, b) => b.count - a.count);
  if (most !== undefined) return { ...report, outcome: 'stopped', stop: most.stop };
  if (silence !== 'over') return { ...report, outcome: 'untried', reason: UNSEEN[silence] };
  const stop = explainSilence(conversation, followed, await silenceFacts(conversation, scene, legacy));
  return { ...report, outcome: 'stopped', stop };
}
