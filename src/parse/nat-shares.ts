import { GUEST_SHARES, type ShareRefusal } from '../model/guest-share.ts';

/**
 * How many connections each tap may have, from what nft lists of the set `connections`:
 * `"lg8b0700000001" ct count over 4096 counter packets 0 bytes 0`.
 */
export function parseShares(listing: string): Map<string, number> {
  const found = listing.matchAll(/"([^"*]+)" ct count over (\d+)/g);
  return new Map([...found].map(([, tap = '', most]) => [tap, Number(most)]));
}

/** Who was refused what, from the listing of the whole table: nft leaves the counters of elements out of its JSON. */
export function parseRefusals(listing: string): ShareRefusal[] {
  return listing.split(/^[ \t]*set (?=\w+ \{$)/m).flatMap((section) => {
    const share = GUEST_SHARES.find((name) => section.startsWith(`${name} {`));
    if (share === undefined) return [];
    const found = [...section.matchAll(/"([^"*]+)" [^"]*? counter packets (\d+)/g)];
    return found
      .map(([, tap = '', packets]) => ({ tap, share, packets: Number(packets) }))
      .filter((one) => one.packets > 0);
  });
}
