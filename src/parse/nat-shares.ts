import { GUEST_SHARES, type ShareRefusal, type TapLimit } from '../model/guest-share.ts';

/** With how many packets were refused beyond it. */
export type CountedLimit = TapLimit & Pick<ShareRefusal, 'packets'>;

/**
 * Every limit of every tap, from the listing of the table of shares: nft leaves the counters of elements out of its JSON.
 *
 *     "lg8b0700000001" ct count over 4096 counter packets 0 bytes 0
 */
export function parseLimits(listing: string): CountedLimit[] {
  return listing.split(/^[ \t]*set (?=\w+ \{$)/m).flatMap((section) => {
    const share = GUEST_SHARES.find((name) => section.startsWith(`${name} {`));
    if (share === undefined) return [];
    const found = [...section.matchAll(/"([^"*]+)" ([^"]*?) counter packets (\d+)/g)];
    return found.map(([, tap = '', limit = '', packets]) => ({ tap, share, limit, packets: Number(packets) }));
  });
}

/** Who was refused what. */
export function refusalsOf(limits: readonly CountedLimit[]): ShareRefusal[] {
  return limits.filter(({ packets }) => packets > 0).map(({ tap, share, packets }) => ({ tap, share, packets }));
}
