import type { GuestNic } from '../model/guest.ts';

/** What the kernel's table of connections holds where it does not say: its default with 1 GiB of memory. */
const USUAL_MOST = 65_536;
/** Fewer are of no use to a guest, however many share the table. */
const LEAST_SHARE = 256;

/**
 * How many connections each guest may have at once. A guest that was given no number has a 64th of the host's table, less where
 * many share it: three quarters of the table are enough for all, because a guest may have twice as many closed ones that are not gone yet.
 * The share changes where the number of guests passes a power of two, and not with each guest: a guest whose share changes is
 * counted anew.
 *
 * @param most nf_conntrack_max
 */
export function connectionShares(
  nics: readonly Pick<GuestNic, 'tap' | 'maxConnections'>[],
  most: number | null,
): Map<string, number> {
  const table = most ?? USUAL_MOST;
  const usual = Math.floor(table / 64);
  const sharers = 2 ** Math.ceil(Math.log2(Math.max(1, nics.length)));
  const share = Math.max(Math.min(LEAST_SHARE, usual), Math.min(usual, Math.floor(table / 4 / sharers)));
  return new Map(nics.map(({ tap, maxConnections }) => [tap, maxConnections ?? share]));
}
