import fc from 'fast-check';
import {
  type Ipv4Address,
  type Ipv6Address,
  ipv4FromNumber,
  ipv6FromBigInt,
  type MacAddress,
} from '../../src/base/address.ts';
import type { ExtraIpv4, HostConfig } from '../../src/model/host-config.ts';
import { PROVIDER_IDS } from '../../src/model/providers/providers.ts';

/** Names that host.yaml takes for a link and that other readers stumble over: `no`, `1e3`, `-`, `0x10`, `~` is none. */
export const oddName = fc.stringMatching(/^[a-zA-Z0-9._@+-]{1,15}$/).filter((name) => !/^\.{1,2}$/.test(name));

const mac = fc
  .uint8Array({ minLength: 6, maxLength: 6 })
  .map((bytes) => [0x02 | ((bytes[0] ?? 0) & 0xfc), ...bytes.slice(1)])
  .map((bytes) => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':') as MacAddress);

/** Hosts whose parts never collide: the main network in 10/8, extra addresses in 198.18/15, each in a block of its own. */
export function hostConfig(name: fc.Arbitrary<string>): fc.Arbitrary<HostConfig> {
  return fc
    .record({
      provider: fc.constantFrom(...PROVIDER_IDS),
      name,
      macs: fc.uniqueArray(mac, { minLength: 6, maxLength: 6 }),
      network: fc.nat(0xffff),
      length: fc.constantFrom(24, 26, 32),
      ipv4: fc.boolean(),
      ipv6: fc.option(fc.constantFrom('routed', 'on-link', 'delegated')),
      hasOwn6: fc.boolean(),
      prefix: fc.nat(0xffffff),
      extras: fc.array(fc.record({ kind: fc.nat(3), block: fc.nat(255) }), { maxLength: 5 }),
    })
    .map((seed): HostConfig => {
      const first = 0x0a000000 + seed.network * 256;
      const prefix6 = (0x2001_0db8n << 96n) + (BigInt(seed.prefix) << 64n);
      return {
        version: 1,
        provider: seed.provider,
        uplink: { name: seed.name, mac: seed.macs[5] ?? ('02:00:00:00:00:01' as MacAddress) },
        ipv4: seed.ipv4
          ? { address: ipv4FromNumber(first + 9), prefixLength: seed.length, gateway: ipv4FromNumber(first + 1) }
          : null,
        ipv6:
          seed.ipv6 === null
            ? null
            : {
                prefix: `${ipv6FromBigInt(prefix6)}/64` as never,
                address: seed.hasOwn6 ? ipv6FromBigInt(prefix6 + 2n) : null,
                gateway: 'fe80::1' as Ipv6Address,
                mode: seed.ipv6,
              },
        extraIpv4: seed.extras.map(({ kind, block }, index) => extraOf(kind, block, index, seed.macs)),
      };
    });
}

function extraOf(kind: number, block: number, index: number, macs: readonly MacAddress[]): ExtraIpv4 {
  // 198.18.0.0/15, a /24 for each: index and block never meet.
  const first = 0xc6120000 + index * 0x4000 + block * 64 - (block * 64 > 0x3fc0 ? 0x3fc0 : 0);
  const base = first - (first % 64);
  if (kind === 0) return { kind: 'single', address: ipv4FromNumber(base), gateway: null, mac: null };
  const bridged = { gateway: ipv4FromNumber(base + 1) as Ipv4Address, mac: macs[index] ?? null };
  if (kind === 1) return { kind: 'single', address: ipv4FromNumber(base + 5), ...bridged };
  return {
    kind: kind === 2 ? 'subnet' : 'failover',
    prefix: `${ipv4FromNumber(base)}/${kind === 2 ? 29 : 32}` as never,
  };
}
