/** A source MAC that tried to leave the uplink and may not, and whose it is: `the bridge br0 itself`; null where nobody here has it. */
export interface ForeignMac {
  mac: string;
  whose: string | null;
}

const NAMED_MAX = 5;

/** `02:00:00:00:00:bb (the bridge br0 itself), 02:66:00:00:00:01 and 3 more`; `MACs that were not noted` for none. */
export function listForeignMacs(macs: readonly ForeignMac[]): string {
  if (macs.length === 0) return 'MACs that were not noted';
  const named = macs.slice(0, NAMED_MAX).map(({ mac, whose }) => (whose === null ? mac : `${mac} (${whose})`));
  const more = macs.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
