/** What a guest may have of connections, and how many packets were refused since it had them all. */
export interface ShareReading {
  most: number;
  refused: number;
}

/**
 * What nft lists of the set `connections`, by tap: `"lg8b0700000001" ct count over 4096 counter packets 0 bytes 0`. The counter of an
 * element is not in nft's JSON.
 */
export function parseShares(listing: string): Map<string, ShareReading> {
  const found = listing.matchAll(/"([^"*]+)" ct count over (\d+) counter packets (\d+)/g);
  return new Map(
    [...found].map(([, tap = '', most, refused]) => [tap, { most: Number(most), refused: Number(refused) }]),
  );
}
