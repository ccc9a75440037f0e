import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Ipv4Prefix, ipv4PrefixesOverlap, ipv4Range, parseIpv4Prefix } from '../base/address.ts';
import { unwrap } from '../base/parsed.ts';
import { type Random, systemRandom } from '../base/random.ts';
import { natTapPrefix } from '../model/nat-tap-prefix.ts';
import { chooseNatNetwork } from './nat-network.ts';

const prefixes = (...texts: string[]) => texts.map((text) => unwrap(parseIpv4Prefix(text)));
const fixed = (value: number): Random => ({ uuid: () => '', bytes: (count) => new Uint8Array(count).fill(value) });

const occupied = fc.array(
  fc.record({ value: fc.nat(2 ** 24 - 1), bits: fc.integer({ min: 10, max: 32 }) }).map(({ value, bits }) => {
    const first = 10 * 2 ** 24 + Math.floor(value / 2 ** (32 - bits)) * 2 ** (32 - bits);
    return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${bits}` as Ipv4Prefix;
  }),
  { maxLength: 40 },
);

test('the pool overlaps nothing the host knows, whatever that is', () => {
  fc.assert(
    fc.property(occupied, (taken) => {
      const { ipv4Prefix, ipv4Gateway } = chooseNatNetwork({ root: '', occupiedIpv4: taken, random: systemRandom });
      assert.equal(ipv4Range(ipv4Prefix).size, 4096);
      assert.ok(!taken.some((prefix) => ipv4PrefixesOverlap(prefix, ipv4Prefix)));
      assert.equal(ipv4Gateway, ipv4Prefix.replace('.0/20', '.1'));
    }),
  );
});

test('the IPv6 network is a /64 of a random locally assigned /48', () => {
  const network = chooseNatNetwork({ root: '', occupiedIpv4: [], random: fixed(0xab) });
  assert.deepEqual(
    [network.ipv6Prefix, network.ipv6Dns, network.ipv6Gateway],
    ['fdab:abab:abab::/64', 'fdab:abab:abab::53', 'fe80::1'],
  );
});

test('a host that routes all of 10.0.0.0/8 gets another private network, and a default route is no occupation', () => {
  const occupiedIpv4 = prefixes('10.0.0.0/8', '0.0.0.0/0');
  assert.match(
    chooseNatNetwork({ root: '', occupiedIpv4, random: systemRandom }).ipv4Prefix,
    /^172\.(1[6-9]|2\d|3[01])\./,
  );
});

test('no private network left is said so', () => {
  const occupiedIpv4 = prefixes('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16');
  assert.throws(() => chooseNatNetwork({ root: '', occupiedIpv4, random: systemRandom }), {
    code: 'ADDRESSES_EXHAUSTED',
  });
});

test('names of tables and taps tell instances apart', () => {
  const tableName = (root: string) => chooseNatNetwork({ root, occupiedIpv4: [], random: systemRandom }).tableName;
  assert.equal(tableName(''), 'lodge');
  assert.match(tableName('/srv/x'), /^lodge_[0-9a-f]{6}$/);
  assert.notEqual(tableName('/srv/x'), tableName('/srv/y'));
  assert.notEqual(natTapPrefix({ tableName: tableName('/srv/x') }), natTapPrefix({ tableName: 'lodge' }));
});
