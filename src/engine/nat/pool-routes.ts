import type { NatNetwork } from '../../model/guest-network.ts';
import type { Ipv6State } from '../../model/nat-families.ts';

const LAST_METRIC = 4_294_967_295;

/** Routes, without `ip route add`: unused addresses of the pools answer "unreachable" instead of leaving by the default route. */
export function unreachableRoutes(network: NatNetwork, state: Ipv6State): string[] {
  const prefixes = [network.ipv4Prefix, ...(state === 'on' ? [network.ipv6Prefix] : [])];
  return prefixes.map((prefix) => `unreachable ${prefix} metric ${LAST_METRIC}`);
}
