import { fnv1aHex } from '../base/fnv1a.ts';
import type { NatNetwork } from './guest-network.ts';

/**
 * What the names of an instance's taps begin with: `lg` and four hex digits of the instance. nft rules and dnsmasq match
 * it with a `*`, so a tap is guarded from the moment it exists, and two instances in one namespace do not touch.
 *
 *     lodge -> lg2c47
 */
export function natTapPrefix(network: Pick<NatNetwork, 'tableName'>): string {
  return `lg${fnv1aHex(network.tableName).slice(0, 4)}`;
}
