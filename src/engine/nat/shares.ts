import { readSetListing, readTableListing } from '../../host/nft.ts';
import { readSysctl } from '../../host/sysctl.ts';
import type { NatNetwork } from '../../model/guest-network.ts';
import type { ShareRefusal } from '../../model/guest-share.ts';
import type { NatFamilies } from '../../model/nat-families.ts';
import type { NatGuest } from '../../model/nat-guest.ts';
import { parseRefusals, parseShares } from '../../parse/nat-shares.ts';
import { connectionShares } from '../../plan/connection-share.ts';
import { tableFamily } from '../../render/nat-ruleset.ts';
import { renderShares, sharesTableName } from '../../render/nat-shares.ts';

/** How many connections each tap may have now: nothing where the table is not there. */
export async function readShares(network: NatNetwork, families: NatFamilies): Promise<Map<string, number>> {
  const listing = await readSetListing(tableFamily(families), sharesTableName(network), 'connections');
  return parseShares(listing ?? '');
}

export async function renderSharesOf(
  network: NatNetwork,
  guests: NatGuest[],
  { present, families }: { present: Map<string, number>; families: NatFamilies },
): Promise<string> {
  const most = await readSysctl(['net', 'netfilter', 'nf_conntrack_max']);
  const shares = connectionShares(
    guests.map(({ nic }) => nic),
    most === null ? null : Number(most),
  );
  return renderShares(network, shares, { present, families });
}

/** Which guests were refused something because they had their share of it. */
export async function readRefusals(network: NatNetwork, families: NatFamilies): Promise<ShareRefusal[]> {
  return parseRefusals((await readTableListing(tableFamily(families), sharesTableName(network))) ?? '');
}
