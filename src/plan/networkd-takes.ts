import type { NatNetwork } from '../model/guest-network.ts';
import { natTapPrefix } from '../model/nat-tap-prefix.ts';
import { entriesOf, type NetworkText, networkdUnits } from '../parse/networkd-files.ts';
import { matchLink } from '../parse/networkd-match.ts';
import { isNetworkdUnmanaged } from '../render/networkd-unmanaged.ts';

/**
 * Whether a file of the host's may be for taps of an instance: then networkd, which has read it, has to read ours too. What cannot be
 * decided here counts as for them.
 *
 * @param mac of the host's end of every tap
 */
export function mayNetworkdTake(files: readonly NetworkText[], network: NatNetwork, mac: string): boolean {
  const link = { name: `${natTapPrefix(network)}00000000`, mac, permanentMac: '' };
  // A tap, and the cable that stands for one in a trial: `Type=ether` is for both.
  const kinds = ['tun', 'veth'];
  return networkdUnits(files, 'network')
    .filter(({ path }) => !isNetworkdUnmanaged(path))
    .some((unit) => kinds.some((kind) => matchLink(entriesOf(unit, 'Match'), { ...link, kind }) !== 'no'));
}
