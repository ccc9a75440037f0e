import { readLink } from '../../host/ip.ts';
import { listLinkPrograms } from '../../host/link-programs.ts';
import { isForNetworkd, networkFileOf } from '../../host/networkd.ts';
import type { Ipv6State } from '../../model/nat-families.ts';
import type { TakenTaps } from '../../model/packet-report.ts';
import type { PacketScene } from '../../plan/packets/scene.ts';
import { explainTaken } from '../../plan/packets/taken-taps.ts';
import { renderNetworkdUnmanaged } from '../../render/networkd-unmanaged.ts';
import { lostFamilies } from '../nat/tap.ts';

/** Looks, behind a trial, whether the taps of the stand-ins still have what they were made with, and who has them. */
export async function observeTaken(
  { network, guest, neighbour }: PacketScene,
  ipv6: Ipv6State,
): Promise<TakenTaps | null> {
  const nics = [guest, neighbour];
  const [lost, networkFiles, programs] = await Promise.all([
    lostFamilies(network, nics, ipv6),
    Promise.all(nics.map(({ tap }) => findNetworkFile(tap))),
    listLinkPrograms(),
  ]);
  const networkFile = networkFiles.find((file) => file !== null) ?? null;
  return explainTaken({ lost, networkFile, ourFile: renderNetworkdUnmanaged(network).path, programs });
}

async function findNetworkFile(tap: string): Promise<string | null> {
  if (!(await isForNetworkd())) return null;
  const link = await readLink(tap);
  return link === null ? null : networkFileOf(link.index);
}
