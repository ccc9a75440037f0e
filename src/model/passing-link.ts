const PASSING_LINK = /^(lg[0-9a-f]|veth|vnet|tap|fwpr|fwln|fwbr)/;

/** Links that come and go with guests and containers, ours or another manager's: no plan rests on them. */
export function isPassingLink(name: string): boolean {
  return PASSING_LINK.test(name);
}
