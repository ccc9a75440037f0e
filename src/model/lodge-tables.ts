/** Tables of nftables that are Lodge's, of this instance or of another one: nobody is ever told to change a rule in them. */
export function isLodgeTable(name: string): boolean {
  return /^lodge(_|$)/.test(name);
}

/** One with guests' shares: `lodge_shares`, `lodge_12ab34_shares`. Whoever asks again and again without an answer comes to its limits. */
export function isSharesTable(name: string): boolean {
  return /^lodge(_[0-9a-f]{6})?_shares$/.test(name);
}
