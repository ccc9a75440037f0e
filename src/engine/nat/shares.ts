import { readTableListing } from '../../host/nft.ts';
import { readSysctl } from '../../host/sysctl.ts';
import type { NatNetwork } from '../../model/guest-network.ts';
import type { TapLimit } from '../../model/guest-share.ts';
import type { NatFamilies } from '../../model/nat-families.ts';
import type { NatGuest } from '../../model/nat-guest.ts';
import { type CountedLimit, parseLimits } from '../../parse/nat-shares.ts';
import { connectionShares } from '../../plan/connection-share.ts';
import { nameShare } from '../../plan/name-share.ts';
import { tableFamily } from '../../render/nat-ruleset.ts';
import { renderShares, sharesTableName } from '../../render/nat-shares.ts';

/** The limits that taps have now, with what was refused beyond them; null where the table is not there. */
export async function readLimits(network: NatNetwork, families: NatFamilies): Promise<CountedLimit[] | null> {
  const listing = await readTableListing(tableFamily(families), sharesTableName(network));
  return listing === null ? null : parseLimits(listing);
}

/** @param present null: the table is made anew. */
export async function renderSharesOf(
  network: NatNetwork,
  guests: NatGuest[],
  { present, families }: { present: readonly TapLimit[] | null; families: NatFamilies },
): Promise<string> {
  const most = await readSysctl(['net', 'netfilter', 'nf_conntrack_max']);
  const shares = connectionShares(
    guests.map(({ nic }) => nic),
    most === null ? null : Number(most),
  );
  return renderShares(network, shares, { names: nameShare(guests.length), present, families });
}
