import {
  type Ipv4Prefix,
  type Ipv6Prefix,
  ipv4FromNumber,
  ipv4PrefixesOverlap,
  ipv4Range,
  ipv6FromBigInt,
  parseIpv4,
  parseIpv6,
} from '../base/address.ts';
import { LodgeError } from '../base/errors.ts';
import { fnv1aHex } from '../base/fnv1a.ts';
import { unwrap } from '../base/parsed.ts';
import type { Random } from '../base/random.ts';
import type { NatNetwork } from '../model/guest-network.ts';

const POOL_BITS = 20;
const POOL_SIZE = 2 ** (32 - POOL_BITS);
/** RFC 1918, tried in this order: a provider's private network may take the whole of 10.0.0.0/8. */
const BLOCKS = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'] as Ipv4Prefix[];

/**
 * Chooses the private network of an instance: a /20 at random that overlaps nothing the host has a route or an address
 * for, and a /64 out of a random ULA /48 (RFC 4193 section 3.2.2). Default routes in `occupiedIpv4` are ignored.
 *
 * @throws ADDRESSES_EXHAUSTED when every private /20 overlaps something.
 */
export function chooseNatNetwork(input: { root: string; occupiedIpv4: Ipv4Prefix[]; random: Random }): NatNetwork {
  const ipv4Prefix = choosePool(
    input.occupiedIpv4.filter((prefix) => !prefix.endsWith('/0')),
    input.random,
  );
  const { first } = ipv4Range(ipv4Prefix);
  const ulaBytes = [0xfd, ...input.random.bytes(5)];
  const ula = ulaBytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) << 80n;
  return {
    tableName: input.root === '' ? 'lodge' : `lodge_${fnv1aHex(input.root).slice(0, 6)}`,
    ipv4Prefix,
    ipv4Gateway: ipv4FromNumber(first + 1),
    ipv6Prefix: `${ipv6FromBigInt(ula)}/64` as Ipv6Prefix,
    ipv6Gateway: unwrap(parseIpv6('fe80::1')),
    ipv6Dns: ipv6FromBigInt(ula | 0x53n),
  };
}

function choosePool(occupied: Ipv4Prefix[], random: Random): Ipv4Prefix {
  for (const block of BLOCKS) {
    const { first, size } = ipv4Range(block);
    const count = size / POOL_SIZE;
    const [high = 0, low = 0] = random.bytes(2);
    const start = (high * 256 + low) % count;
    for (let step = 0; step < count; step++) {
      const pool = poolAt(first + ((start + step) % count) * POOL_SIZE);
      if (!occupied.some((prefix) => ipv4PrefixesOverlap(prefix, pool))) return pool;
    }
  }
  throw new LodgeError('ADDRESSES_EXHAUSTED', 'the host has routes to every private IPv4 network', {
    hint: 'ip -4 route show table all',
  });
}

function poolAt(first: number): Ipv4Prefix {
  return `${unwrap(parseIpv4(ipv4FromNumber(first)))}/${POOL_BITS}` as Ipv4Prefix;
}
