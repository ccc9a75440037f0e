import type { NameShare } from '../model/guest-share.ts';

/** As many guests have the most that one may have. */
const FEW = 8;
const MOST_PER_SECOND = 50;
/** A guest that sends mail or fetches pages asks as often, and must not wait because the host has many guests. */
const LEAST_PER_SECOND = 20;

/**
 * How much each guest may ask the name service. dnsmasq keeps a question that nobody answers for ten seconds (2.90, src/config.h, TIMEOUT)
 * and looks at all that it keeps for each that comes, which is half a processor's time with 6,000 kept and 400 a second: as much as all
 * guests together have, of 10,000 places, until there are more than 20. As with connections the share changes where the number of guests
 * passes a power of two. For TCP it has 20 places, and whoever holds one has it for 150 s (MAX_PROCS, CHILD_LIFETIME): guests have 16 of them
 * together until there are more than 16.
 */
export function nameShare(guests: number): NameShare {
  const sharers = 2 ** Math.ceil(Math.log2(Math.max(1, guests / FEW)));
  const perSecond = Math.max(LEAST_PER_SECOND, Math.floor(MOST_PER_SECOND / sharers));
  return { perSecond, burst: 5 * perSecond, connections: guests > FEW ? 1 : 2 };
}
