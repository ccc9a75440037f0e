import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Ipv4Address,
  type Ipv6Address,
  ipv4FromNumber,
  ipv6FromBigInt,
  type MacAddress,
} from '../../base/address.ts';
import type { ExtraIpv4, HostConfig } from '../../model/host-config.ts';
import { PROVIDER_IDS } from '../../model/providers/providers.ts';
import { parseHostYaml } from '../../parse/host-yaml.ts';
import { renderHostYaml, updateHostYaml } from '../../render/host-yaml.ts';

const CONFIG = {
  version: 1,
  provider: 'hetzner',
  uplink: { name: 'eno1', mac: '90:1b:0e:12:34:56' },
  ipv4: { address: '192.0.2.200', prefixLength: 26, gateway: '192.0.2.193' },
  ipv6: { prefix: '2001:db8:1:2::/64', address: '2001:db8:1:2::2', gateway: 'fe80::1', mode: 'routed' },
  extraIpv4: [],
} as unknown as HostConfig;

const mac = fc
  .uint8Array({ minLength: 6, maxLength: 6 })
  .map((bytes) => [0x02 | ((bytes[0] ?? 0) & 0xfc), ...bytes.slice(1)])
  .map((bytes) => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':') as MacAddress);

/** Hosts whose parts never collide: the main network in 10/8, extra addresses in 198.18/15, each in a block of its own. */
const host: fc.Arbitrary<HostConfig> = fc
  .record({
    provider: fc.constantFrom(...PROVIDER_IDS),
    name: fc.stringMatching(/^[a-z0-9._~#&*!|>%@'"-]{1,15}$/).filter((name) => !/^\.{1,2}$/.test(name)),
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

const runs = { numRuns: Number(process.env.LODGE_PROPERTY_RUNS ?? 200) };

test('what is written as host.yaml is read as the same', () => {
  fc.assert(
    fc.property(host, (config) => {
      const read = parseHostYaml(
        renderHostYaml(config, [{ path: 'provider', reason: 'a reason: with "signs" # and all' }]),
      );
      assert.deepEqual(read, { ok: true, config });
    }),
    runs,
  );
});

test('an update says what is wanted and keeps every comment of the owner', () => {
  fc.assert(
    fc.property(host, host, (before, after) => {
      const text = `# first of mine\n${renderHostYaml(before, [])}# last of mine\n`.replace(
        'provider:',
        '# between, of mine\nprovider:',
      );
      const updated = updateHostYaml(text, after);
      assert.deepEqual(parseHostYaml(updated), { ok: true, config: after });
      for (const comment of ['# first of mine', '# between, of mine', '# last of mine']) {
        assert.ok(updated.includes(comment), `${comment} is gone from\n${updated}`);
      }
    }),
    runs,
  );
});

test('an update with what is there already changes no byte, however it is written', () => {
  const text = `provider:   "hetzner" # mine
version: 1
ipv4: {address: 192.0.2.200, gateway: 192.0.2.193, prefixLength: 26}
uplink: {mac: 90:1B:0E:12:34:56, name: eno1}
`;
  const read = parseHostYaml(text);
  assert.ok(read.ok);
  assert.equal(updateHostYaml(text, read.config), text);
});

test('an extra address that is kept keeps its comments, one that is taken out takes its own along', () => {
  const text = renderHostYaml(CONFIG, []).replace(
    'extraIpv4: []',
    `extraIpv4:
  # the shop
  - kind: single
    address: 198.51.100.20
  - kind: single
    address: 198.51.100.21 # until May
  # mail
  - kind: single
    address: 198.51.100.22 # with reverse DNS`,
  );
  const read = parseHostYaml(text);
  assert.ok(read.ok);
  const kept = read.config.extraIpv4.filter((_, index) => index !== 1);
  const added: ExtraIpv4 = { kind: 'subnet', prefix: '203.0.113.0/29' as never };
  const updated = updateHostYaml(text, { ...read.config, extraIpv4: [...kept, added] });
  assert.match(
    updated,
    /# the shop\n {2}- kind: single\n {4}address: 198.51.100.20\n {2}# mail\n {2}- kind: single\n {4}address: 198.51.100.22 # with reverse DNS\n {2}- kind: subnet\n {4}prefix: 203.0.113.0\/29\n/,
  );
  assert.doesNotMatch(updated, /until May/);
});

test('a new file explains its keys, gives the reasons and points editors to its schema', () => {
  const text = renderHostYaml(CONFIG, [
    { path: 'ipv6.mode', reason: 'the gateway is fe80::1' },
    { path: 'provider', reason: `${'one of many signs; '.repeat(12)}the last one` },
  ]);
  assert.match(text, /^# yaml-language-server: \$schema=host\.schema\.json\n/);
  assert.match(text, /\n {2}# the gateway is fe80::1\n {2}mode: routed\n/);
  for (const line of text.split('\n')) assert.ok(line.length <= 120, line);
});

test('the examples in the comments are themselves a valid list', () => {
  const text = renderHostYaml(CONFIG, []);
  const examples = text
    .split('\n')
    .filter((line) => /^# {3,}\S/.test(line))
    .map((line) => line.slice(2));
  assert.equal(examples.filter((line) => line.includes('- kind:')).length, 4);
  const read = parseHostYaml(text.replace('extraIpv4: []', `extraIpv4:\n${examples.join('\n')}`));
  assert.equal(read.ok && read.config.extraIpv4.length, 4);
});
