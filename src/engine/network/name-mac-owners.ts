import type { ForeignMac } from '../../model/foreign-mac.ts';
import { findMacOwner, type MacPlaces } from '../../plan/mac-owner.ts';
import type { Store } from '../../store/store.ts';

/** Whose each MAC is, as far as this host's links and Lodge's guests tell. */
export function nameMacOwners(
  { guests }: Pick<Store, 'guests'>,
  places: Omit<MacPlaces, 'guests'>,
  macs: readonly string[],
): ForeignMac[] {
  if (macs.length === 0) return [];
  const known = guests.list().map(({ spec: { name, nic } }) => ({ name, mac: nic.mac, tap: nic.tap }));
  return macs.map((mac) => ({ mac, whose: findMacOwner(mac, { ...places, guests: known }) }));
}
