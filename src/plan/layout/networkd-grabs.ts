import type { Problem } from '../../base/errors.ts';
import type { NetworkFacts } from '../../model/network-facts.ts';
import { entriesOf, networkdUnits } from '../../parse/networkd-files.ts';
import { matchLink } from '../../parse/networkd-match.ts';

/**
 * A file of networkd's that is for the uplink by its MAC, or for every link, is for a bridge with that MAC as well: networkd, which runs,
 * configures the bridge the moment it is made, and gets in the way of every step after that. Seen in a whole Debian 12: `RTNETLINK
 * answers: File exists` at the default route. A bridge has no permanent MAC. systemd.network(5), the first file that matches decides.
 */
export function networkdGrabs(
  { files, services }: Pick<NetworkFacts, 'files' | 'services'>,
  bridge: { name: string; mac: string | null },
  uplink: string,
): Problem[] {
  if (services.networkd !== 'active') return [];
  const link = { ...bridge, kind: 'bridge', permanentMac: null };
  const unit = networkdUnits(files, 'network').find((one) => matchLink(entriesOf(one, 'Match'), link) !== 'no');
  const match = unit === undefined ? [] : entriesOf(unit, 'Match');
  if (unit === undefined || matchLink(match, link) !== 'yes') return [];
  const rule = `must not be for ${bridge.name} too, which systemd-networkd would configure while it is being made: put Name=${uplink} into its [Match], run networkctl reload, and plan again`;
  return [{ path: unit.path, rule, value: match.map(({ key, value }) => `${key}=${value}`).join(' ') }];
}
