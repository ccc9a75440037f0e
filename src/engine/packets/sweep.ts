import { pathExists, removeTree } from '../../host/files.ts';
import { listLinks, runIpBatch } from '../../host/ip.ts';
import { applyRuleset } from '../../host/nft.ts';
import type { NatNetwork } from '../../model/guest-network.ts';
import type { Layout } from '../../model/layout.ts';
import { familiesOf } from '../../model/nat-families.ts';
import { natTapPrefix, outsideLinkPrefix } from '../../model/nat-tap-prefix.ts';
import { renderPacketTablesRemoval } from '../../render/packet-table.ts';
import type { GuestNetwork } from '../guests/guest-network.ts';

/** There while packets are tried: whoever finds it before that begins clears away after a daemon that was killed. */
export function packetMark({ runDir }: Layout): string {
  return `${runDir}/packets-tried`;
}

/** The name of our tables; it is none that an instance has for its guests. */
export function packetTable(network: NatNetwork): string {
  return `lodge_packets_${natTapPrefix(network).slice(2)}`;
}

/** Takes away what a trial has left that was killed. Namespaces go by themselves. Returns whether there was anything. */
export async function sweepPackets(layout: Layout, network: GuestNetwork): Promise<boolean> {
  const mark = packetMark(layout);
  if (!(await pathExists(mark))) return false;
  const own = await network.network();
  const prefix = outsideLinkPrefix(own);
  const links = (await listLinks()).filter(({ name }) => name.startsWith(prefix));
  await runIpBatch(
    links.map(({ name }) => `link delete dev ${name}`),
    { force: true },
  );
  await applyRuleset(renderPacketTablesRemoval(packetTable(own), familiesOf(await network.ipv6(true))));
  await network.renew();
  await removeTree(mark);
  return true;
}
