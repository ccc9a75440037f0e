import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeFact, TWIN_HOST, twinFacts } from '../../test/support/twin-host.ts';
import type { Ipv4Prefix, Ipv6Prefix } from '../base/address.ts';
import { chooseAddresses, unusedIpv4, unusedIpv6 } from './addresses.ts';

test('the neighbour is another address of the same network, whatever its size', () => {
  assert.equal(chooseAddresses(TWIN_HOST, twinFacts()).neighbour, '192.0.2.201');
  assert.ok(TWIN_HOST.ipv4 !== null);
  const alone = { ...TWIN_HOST, ipv4: { ...TWIN_HOST.ipv4, prefixLength: 32 } };
  assert.equal(chooseAddresses(alone, twinFacts(alone)).neighbour, '192.0.2.201');
  const none = { ...TWIN_HOST, ipv4: null };
  assert.equal(chooseAddresses(none, twinFacts(none)).neighbour, null);
});

test('a network that the host uses itself is not the internet of the twin', () => {
  const facts = twinFacts();
  const routes = [...facts.routes, routeFact({ destination: '198.18.4.0/23', link: 'eth0' })];
  assert.equal(chooseAddresses(TWIN_HOST, facts).internet4.outside, '198.18.4.2');
  assert.equal(chooseAddresses(TWIN_HOST, { ...facts, routes }).internet4.outside, '198.18.6.2');
});

test('unused addresses are from both ends, never the network’s own or its broadcast, and nobody’s', () => {
  const subnet = '203.0.113.0/29' as Ipv4Prefix;
  assert.deepEqual(unusedIpv4(subnet, new Set(['203.0.113.1', '203.0.113.6'])), ['203.0.113.2', '203.0.113.5']);
  assert.deepEqual(unusedIpv4('203.0.113.9/32' as Ipv4Prefix, new Set()), ['203.0.113.9']);
  assert.deepEqual(unusedIpv4('203.0.113.9/32' as Ipv4Prefix, new Set(['203.0.113.9'])), []);
  const prefix = '2001:db8:1:2::/64' as Ipv6Prefix;
  assert.deepEqual(unusedIpv6(prefix, new Set(['2001:db8:1:2::dead'])), [
    '2001:db8:1:2::deae',
    '2001:db8:1:2:ffff:ffff:ffff:2153',
  ]);
});
