import type { NatNetwork } from '../model/guest-network.ts';
import { natTapPrefix, outsideLinkPrefix } from '../model/nat-tap-prefix.ts';
import { entriesOf, type NetworkText, networkdUnits } from '../parse/networkd-files.ts';
import { type KnownLink, matchLink } from '../parse/networkd-match.ts';
import { isNetworkdUnmanaged } from '../render/networkd-unmanaged.ts';

/**
 * Whether a file of the host's may be for one of these links: then networkd, which has read it, has to read ours too. What cannot be
 * decided here counts as for them.
 */
export function mayNetworkdTake(files: readonly NetworkText[], links: readonly KnownLink[]): boolean {
  return networkdUnits(files, 'network')
    .filter(({ path }) => !isNetworkdUnmanaged(path))
    .some((unit) => links.some((link) => matchLink(entriesOf(unit, 'Match'), link) !== 'no'));
}

/**
 * A tap of an instance, and the cable that stands for one in a trial: `Type=ether` is for both.
 *
 * @param mac of the host's end
 */
export function tapLinks(network: Pick<NatNetwork, 'tableName'>, mac: string): KnownLink[] {
  return ['tun', 'veth'].map((kind) => ({ name: `${natTapPrefix(network)}00000000`, mac, kind }));
}

/** The wire before an uplink, which has that one's MAC: a file that knows the uplink by it is for the wire as well. */
export function outsideLinks(network: Pick<NatNetwork, 'tableName'>, uplinkMacs: readonly string[]): KnownLink[] {
  return uplinkMacs.map((mac, index) => ({ name: `${outsideLinkPrefix(network)}${index}`, mac, kind: 'veth' }));
}
