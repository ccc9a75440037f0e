import {
  type Ipv4Address,
  type Ipv4Prefix,
  type Ipv6Address,
  type Ipv6Prefix,
  ipv4FromNumber,
  ipv4PrefixesOverlap,
  ipv4Range,
  ipv4ToNumber,
  ipv6FromBigInt,
  ipv6ToBigInt,
  parseIpv4,
} from '../base/address.ts';
import type { HostConfig, HostIpv4 } from '../model/host-config.ts';
import type { NetworkFacts } from '../model/network-facts.ts';

/** The addresses of everything in the twin that is not the host or its guests. */
export interface TwinAddresses {
  internet4: { outside: Ipv4Address; router: Ipv4Address };
  internet6: { outside: Ipv6Address; router: Ipv6Address };
  /** Another customer in the main IPv4's network; null where the host has no IPv4. */
  neighbour: Ipv4Address | null;
  /** A network inside the host, of which nobody outside may learn: `own` is the host's, `other` is nobody's. */
  inner: { own: Ipv4Address; other: Ipv4Address };
}

/** MACs of the block for documentation (RFC 7042): lower than any vendor's, so a bridge that follows its ports follows these. */
export const TWIN_MACS = { router: '00:00:5e:00:53:01', neighbour: '00:00:5e:00:53:02', tap: '00:00:5e:00:53:8' };

/** Benchmark networks (RFC 2544, RFC 5180), which no provider routes. Those the host uses itself are left out. */
export function chooseAddresses(host: HostConfig, facts: NetworkFacts): TwinAddresses {
  const used = usedPrefixes(facts);
  const free = (from: number) => {
    for (let third = from; third < from + 100; third += 1) {
      const prefix = `198.18.${third}.0/24` as Ipv4Prefix;
      if (!used.some((other) => ipv4PrefixesOverlap(prefix, other))) return `198.18.${third}`;
    }
    return `198.18.${from}`;
  };
  const [outer, inner] = [free(4), free(128)];
  return {
    internet4: { outside: `${outer}.2` as Ipv4Address, router: `${outer}.1` as Ipv4Address },
    internet6: { outside: '2001:2:0:6::2' as Ipv6Address, router: '2001:2:0:6::1' as Ipv6Address },
    neighbour: host.ipv4 === null ? null : chooseNeighbour(host.ipv4, takenAddresses(host, facts)),
    inner: { own: `${inner}.1` as Ipv4Address, other: `${inner}.77` as Ipv4Address },
  };
}

/** Two addresses of a subnet that nobody has, from its two ends; never the network's own or its broadcast address. */
export function unusedIpv4(prefix: Ipv4Prefix, taken: ReadonlySet<string>): Ipv4Address[] {
  const { first, size } = ipv4Range(prefix);
  const edge = size > 2 ? 1 : 0;
  const free = Array.from({ length: Math.min(size - 2 * edge, 256) }, (_, index) =>
    ipv4FromNumber(first + edge + index),
  );
  return ends(free.filter((address) => !taken.has(address)));
}

/** Two addresses of a prefix that nobody has, from near its two ends. */
export function unusedIpv6(prefix: Ipv6Prefix, taken: ReadonlySet<string>): Ipv6Address[] {
  const [network = '', length] = prefix.split('/');
  const first = ipv6ToBigInt(network as Ipv6Address);
  const size = 1n << BigInt(128 - Number(length));
  const candidates = [0xdeadn, 0xdeaen, size - 0xdeadn].map((offset) => ipv6FromBigInt(first + (offset % size)));
  return ends([...new Set(candidates)].filter((address) => !taken.has(address)));
}

function ends<T>(list: readonly T[]): T[] {
  return [...new Set([list[0], list.at(-1)])].filter((item) => item !== undefined);
}

function chooseNeighbour(main: HostIpv4, taken: ReadonlySet<string>): Ipv4Address {
  // A network of one or two has no room for a neighbour: he is in the 8 around it, by a route of the router's own.
  const bits = main.prefixLength > 30 ? 29 : main.prefixLength;
  const size = 2 ** (32 - bits);
  const first = Math.floor(ipv4ToNumber(main.address) / size) * size;
  const own = ipv4ToNumber(main.address) - first;
  for (let step = 1; step < size; step += 1) {
    const offset = (own + step) % size;
    const address = ipv4FromNumber(first + offset);
    if (offset !== 0 && offset !== size - 1 && !taken.has(address)) return address;
  }
  return ipv4FromNumber(first);
}

function takenAddresses(host: HostConfig, facts: NetworkFacts): Set<string> {
  const singles = host.extraIpv4.flatMap((extra) => (extra.kind === 'single' ? [extra.address, extra.gateway] : []));
  const own = facts.addresses.flatMap(({ address, peer }) => [address, peer]);
  const ways = facts.routes.map(({ via }) => via);
  const all = [host.ipv4?.address, host.ipv4?.gateway, ...singles, ...own, ...ways];
  return new Set(all.filter((address) => typeof address === 'string'));
}

function usedPrefixes(facts: NetworkFacts): Ipv4Prefix[] {
  const routed = facts.routes.flatMap(({ family, destination }) => (family === 'ipv4' ? [destination] : []));
  const own = facts.addresses.flatMap(({ family, address }) => (family === 'ipv4' ? [`${address}/32`] : []));
  return [...routed, ...own].filter((text) => parseIpv4(text.split('/')[0] ?? '').ok) as Ipv4Prefix[];
}
