import {
  type Ipv4Address,
  type Ipv6Address,
  type Ipv6Prefix,
  ipv4FromNumber,
  ipv4PrefixContains,
  ipv4Range,
  ipv4ToNumber,
  ipv6FromBigInt,
  ipv6ToBigInt,
  linkLocalFromMac,
  type MacAddress,
} from '../base/address.ts';
import { LodgeError, type Problem, validationError } from '../base/errors.ts';
import type { GuestNic } from '../model/guest.ts';
import type { GuestAddressing, NatNetwork } from '../model/guest-network.ts';
import { type Ipv6State, whyNoIpv6 } from '../model/nat-families.ts';
import { natTapPrefix } from '../model/nat-tap-prefix.ts';

const HOST_BITS = (1n << 64n) - 1n;

interface AllocationInput {
  network: NatNetwork;
  /** The guest's MAC: its automatic IPv6 address is the one that SLAAC gives an image with this MAC. */
  mac: MacAddress;
  /** Addresses of the other guests. */
  taken: { ipv4: Ipv4Address | null; ipv6: Ipv6Address | null }[];
  wantIpv4: 'auto' | 'none' | Ipv4Address;
  wantIpv6: 'auto' | 'none' | Ipv6Address;
  /** Where it is not `on`, a guest gets none, and one that asks for an address is refused. */
  ipv6: Ipv6State;
}

/**
 * Gives a new guest its private addresses: the lowest free IPv4 address of the pool, and prefix + EUI-64 of its MAC.
 *
 * @throws VALIDATION_FAILED with every problem (paths `ipv4`, `ipv6`), ADDRESSES_EXHAUSTED when the pool is full.
 */
export function allocateNatAddresses(input: AllocationInput): {
  ipv4: Ipv4Address | null;
  ipv6: Ipv6Address | null;
} {
  const { network, wantIpv4 } = input;
  const why = input.ipv6 === 'on' ? null : whyNoIpv6(input.ipv6);
  const wantIpv6 = why !== null && input.wantIpv6 === 'auto' ? 'none' : input.wantIpv6;
  const taken4 = new Set(input.taken.map((guest) => guest.ipv4));
  const taken6 = new Set(input.taken.map((guest) => guest.ipv6));
  const problems: Problem[] = [];
  if (wantIpv4 === 'none' && wantIpv6 === 'none') {
    const when = why === null ? 'when ipv6 is none' : `here: ${why}`;
    problems.push({ path: 'ipv4', rule: `must be auto or an address ${when}`, value: wantIpv4 });
  }
  const rule4 = wantIpv4 === 'auto' || wantIpv4 === 'none' ? null : brokenIpv4Rule(network, taken4, wantIpv4);
  if (rule4 !== null) problems.push({ path: 'ipv4', rule: rule4, value: wantIpv4 });
  const ipv6 = wantIpv6 === 'auto' ? slaacAddress(network.ipv6Prefix, input.mac) : wantIpv6;
  const refused = why === null ? null : `must be auto or none: ${why}`;
  const rule6 = ipv6 === 'none' ? null : (refused ?? brokenIpv6Rule(network, taken6, ipv6));
  if (rule6 !== null) problems.push({ path: 'ipv6', rule: rule6, value: ipv6 });
  if (problems.length > 0) throw validationError('the addresses', problems);
  return {
    ipv4: wantIpv4 === 'none' ? null : wantIpv4 === 'auto' ? lowestFree(network, taken4) : wantIpv4,
    ipv6: ipv6 === 'none' ? null : ipv6,
  };
}

/** The address SLAAC makes of a /64 and a MAC (RFC 4291 appendix A). */
export function slaacAddress(prefix: Ipv6Prefix, mac: MacAddress): Ipv6Address {
  return ipv6FromBigInt(networkPart(prefix) | (ipv6ToBigInt(linkLocalFromMac(mac)) & HOST_BITS));
}

function networkPart(prefix: Ipv6Prefix): bigint {
  return ipv6ToBigInt(prefix.split('/')[0] as Ipv6Address) & ~HOST_BITS;
}

function lowestFree(network: NatNetwork, taken: Set<Ipv4Address | null>): Ipv4Address {
  const { first, size } = ipv4Range(network.ipv4Prefix);
  for (let value = first + 1; value < first + size - 1; value++) {
    const address = ipv4FromNumber(value);
    if (address !== network.ipv4Gateway && !taken.has(address)) return address;
  }
  throw new LodgeError('ADDRESSES_EXHAUSTED', `every address of ${network.ipv4Prefix} is taken`, { hint: 'lodge ls' });
}

function brokenIpv4Rule(network: NatNetwork, taken: Set<Ipv4Address | null>, wanted: Ipv4Address): string | null {
  const { first, size } = ipv4Range(network.ipv4Prefix);
  const offset = ipv4ToNumber(wanted) - first;
  if (!ipv4PrefixContains(network.ipv4Prefix, wanted)) return `must be an address of ${network.ipv4Prefix}`;
  if (wanted === network.ipv4Gateway) return 'must not be the gateway';
  if (offset === 0) return 'must not be the network address';
  if (offset === size - 1) return 'must not be the broadcast address';
  return taken.has(wanted) ? 'must be an address no other guest has' : null;
}

function brokenIpv6Rule(network: NatNetwork, taken: Set<Ipv6Address | null>, wanted: Ipv6Address): string | null {
  const value = ipv6ToBigInt(wanted);
  if ((value & ~HOST_BITS) !== networkPart(network.ipv6Prefix)) return `must be an address of ${network.ipv6Prefix}`;
  if (wanted === network.ipv6Dns) return 'must not be the address of the DNS server';
  if ((value & HOST_BITS) === 0n) return "must not be the routers' anycast address";
  return taken.has(wanted) ? 'must be an address no other guest has' : null;
}

/** The name of a guest's tap: `lg`, four hex digits of the instance, eight of the guest; 14 of at most 15 characters. */
export function tapName(network: Pick<NatNetwork, 'tableName'>, uuid: string): string {
  return `${natTapPrefix(network)}${uuid.replaceAll('-', '').slice(0, 8).toLowerCase()}`;
}

/**
 * What the guest configures. IPv4 has the pool's own length, so that images which insist on a gateway inside their
 * prefix work; the host answers ARP for the other guests. IPv6 is a /128: nothing but the gateway is on the link.
 */
export function addressGuest(network: NatNetwork, nic: GuestNic): GuestAddressing {
  const { ipv4, ipv6, mac } = nic;
  return {
    mac,
    ipv4: ipv4 && {
      address: ipv4,
      prefixLength: ipv4Range(network.ipv4Prefix).bits,
      gateway: network.ipv4Gateway,
      gatewayOnLink: false,
    },
    ipv6: ipv6 && { address: ipv6, prefixLength: 128, gateway: network.ipv6Gateway, gatewayOnLink: true },
    dns: [...(ipv4 ? [network.ipv4Gateway] : []), ...(ipv6 ? [network.ipv6Dns] : [])],
  };
}
