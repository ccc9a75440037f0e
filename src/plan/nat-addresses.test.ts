import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Ipv4Address,
  type Ipv6Address,
  ipv4PrefixContains,
  parseIpv4,
  parseIpv6,
  parseMac,
} from '../base/address.ts';
import { isLodgeError } from '../base/errors.ts';
import { unwrap } from '../base/parsed.ts';
import { systemRandom } from '../base/random.ts';
import type { GuestNic } from '../model/guest.ts';
import type { NatNetwork } from '../model/guest-network.ts';
import type { Ipv6State } from '../model/nat-families.ts';
import { addressGuest, allocateNatAddresses, slaacAddress, tapName } from './nat-addresses.ts';
import { chooseNatNetwork } from './nat-network.ts';

const network: NatNetwork = {
  ...chooseNatNetwork({ root: '', occupiedIpv4: [], random: systemRandom }),
  ipv4Prefix: '10.83.16.0/20' as never,
  ipv4Gateway: unwrap(parseIpv4('10.83.16.1')),
  ipv6Prefix: 'fd12:3456:789a::/64' as never,
  ipv6Dns: unwrap(parseIpv6('fd12:3456:789a::53')),
};
const mac = unwrap(parseMac('52:54:00:12:34:56'));
const macOf = (number: number) =>
  unwrap(
    parseMac(
      `52:54:00:${[16, 8, 0].map((shift) => ((number >> shift) & 255).toString(16).padStart(2, '0')).join(':')}`,
    ),
  );

/** The rules broken by wanting these addresses, by path. */
function broken(
  ipv4: string,
  ipv6: string,
  taken: { ipv4: Ipv4Address | null; ipv6: Ipv6Address | null }[] = [],
  state: Ipv6State = 'on',
) {
  try {
    allocateNatAddresses({ network, mac, taken, wantIpv4: ipv4 as 'auto', wantIpv6: ipv6 as 'auto', ipv6: state });
    return [];
  } catch (error) {
    assert.ok(isLodgeError(error, 'VALIDATION_FAILED'));
    return error.problems?.map(({ path, rule }) => `${path}: ${rule}`);
  }
}

test('guests made and removed in any order never share an address, and all are inside the pool', () => {
  const step = fc.oneof(fc.constant('add' as const), fc.nat());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let guests: { ipv4: Ipv4Address | null; ipv6: Ipv6Address | null }[] = [];
      steps.forEach((each, number) => {
        if (each !== 'add') guests = guests.filter((_, index) => index !== each % (guests.length || 1));
        else
          guests.push(
            allocateNatAddresses({
              network,
              mac: macOf(number),
              taken: guests,
              wantIpv4: 'auto',
              wantIpv6: 'auto',
              ipv6: 'on',
            }),
          );
      });
      assert.equal(new Set(guests.map(({ ipv4 }) => ipv4)).size, guests.length);
      assert.equal(new Set(guests.map(({ ipv6 }) => ipv6)).size, guests.length);
      for (const { ipv4 } of guests) {
        assert.ok(ipv4 !== null && ipv4PrefixContains(network.ipv4Prefix, ipv4));
        assert.ok(!['10.83.16.0', '10.83.16.1', '10.83.31.255'].includes(ipv4));
      }
    }),
  );
});

test('the pool holds 4,093 guests and then says that it is full', () => {
  const first = 10 * 2 ** 24 + 83 * 2 ** 16 + 16 * 256;
  const taken = Array.from({ length: 4093 }, (_, index) => {
    const value = first + 2 + index;
    return { ipv4: unwrap(parseIpv4([24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.'))), ipv6: null };
  });
  const wants = { wantIpv4: 'auto', wantIpv6: 'none', ipv6: 'on' } as const;
  assert.equal(allocateNatAddresses({ network, mac, taken: taken.slice(0, -1), ...wants }).ipv4, '10.83.31.254');
  assert.throws(() => allocateNatAddresses({ network, mac, taken, ...wants }), { code: 'ADDRESSES_EXHAUSTED' });
});

test('the IPv6 address is the one SLAAC makes of the MAC', () => {
  assert.equal(slaacAddress(network.ipv6Prefix, mac), 'fd12:3456:789a:0:5054:ff:fe12:3456');
});

test('what cannot be had is refused with every rule at once', () => {
  assert.deepEqual(broken('10.83.16.1', network.ipv6Dns), [
    'ipv4: must not be the gateway',
    'ipv6: must not be the address of the DNS server',
  ]);
  assert.deepEqual(broken('10.83.16.0', 'none'), ['ipv4: must not be the network address']);
  assert.deepEqual(broken('10.83.31.255', 'none'), ['ipv4: must not be the broadcast address']);
  assert.deepEqual(broken('203.0.113.1', '2001:db8::1'), [
    'ipv4: must be an address of 10.83.16.0/20',
    'ipv6: must be an address of fd12:3456:789a::/64',
  ]);
  assert.deepEqual(broken('auto', 'fd12:3456:789a::'), ["ipv6: must not be the routers' anycast address"]);
  assert.deepEqual(broken('none', 'none'), ['ipv4: must be auto or an address when ipv6 is none']);
  const taken = [{ ipv4: unwrap(parseIpv4('10.83.16.7')), ipv6: slaacAddress(network.ipv6Prefix, mac) }];
  assert.deepEqual(broken('10.83.16.7', 'auto', taken), [
    'ipv4: must be an address no other guest has',
    'ipv6: must be an address no other guest has',
  ]);
  assert.deepEqual(broken('10.83.16.7', 'fd12:3456:789a::7'), []);
});

test('a guest is told what works with every image', () => {
  const nic: GuestNic = {
    link: 'nat',
    mac,
    tap: 'lg',
    ipv4: unwrap(parseIpv4('10.83.16.7')),
    ipv6: slaacAddress(network.ipv6Prefix, mac),
    publish: [],
  };
  assert.deepEqual(addressGuest(network, nic), {
    mac,
    ipv4: { address: '10.83.16.7', prefixLength: 20, gateway: '10.83.16.1', gatewayOnLink: false },
    ipv6: { address: nic.ipv6, prefixLength: 128, gateway: 'fe80::1', gatewayOnLink: true },
    dns: ['10.83.16.1', 'fd12:3456:789a::53'],
  });
  assert.deepEqual(addressGuest(network, { ...nic, ipv4: null }).dns, ['fd12:3456:789a::53']);
});

test('a tap’s name fits the kernel’s 15 characters and begins like its instance', () => {
  const name = tapName({ tableName: 'lodge' }, 'DEADBEEF-0000-4000-8000-000000000000');
  assert.match(name, /^lg[0-9a-f]{4}deadbeef$/);
  assert.ok(name.length <= 15);
});

test('where IPv6 is switched off a guest gets none, and one that asks for an address hears why', () => {
  const wants = { network, mac, taken: [], wantIpv4: 'auto' as const, wantIpv6: 'auto' as const };
  for (const ipv6 of ['absent', 'off', 'unguarded'] as const) {
    assert.deepEqual(allocateNatAddresses({ ...wants, ipv6 }), { ipv4: '10.83.16.2', ipv6: null });
  }
  assert.deepEqual(broken('auto', 'fd12:3456:789a::7', [], 'absent'), [
    "ipv6: must be auto or none: IPv6 is switched off in this host's kernel (ipv6.disable=1)",
  ]);
  assert.deepEqual(broken('none', 'auto', [], 'off'), [
    'ipv4: must be auto or an address here: IPv6 is switched off on this host (net.ipv6.conf.all.disable_ipv6=1)',
  ]);
});
