import { fnv1aHex } from '../base/fnv1a.ts';
import type { NatNetwork } from './guest-network.ts';

/**
 * What the names of an instance's taps begin with: `lg` and four hex digits of the instance. nft rules and dnsmasq match
 * it with a `*`, so a tap is guarded from the moment it exists, and two instances in one namespace do not touch.
 *
 *     lodge -> lg8b07
 */
export function natTapPrefix(network: Pick<NatNetwork, 'tableName'>): string {
  return `lg${fnv1aHex(network.tableName).slice(0, 4)}`;
}

/** What the names of doctor's wires before the uplinks begin with: `lx8b07`. No rule and no name service that is meant for taps sees them. */
export function outsideLinkPrefix(network: Pick<NatNetwork, 'tableName'>): string {
  return `lx${natTapPrefix(network).slice(2)}`;
}
