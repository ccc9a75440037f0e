import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  addressFact,
  bridgedFacts,
  HOST,
  linkFact,
  networkFixture,
  proxyFact,
  quietFacts,
  routeFact,
} from '../../test/support/network-sample.ts';
import type { NetworkFacts } from '../model/network-facts.ts';
import { walkNetwork } from './network-walk.ts';

function section(facts: NetworkFacts, command: string) {
  return walkNetwork(facts, HOST).sections.find((one) => one.command === command)?.lines ?? [];
}

function meaningOf(facts: NetworkFacts, command: string, text: string): string | null {
  const line = section(facts, command).find((one) => one.text.includes(text));
  assert.ok(line !== undefined, `${command} has no line with ${text}`);
  return line.meaning;
}

describe('the walk through the network of the seed', () => {
  const seed = networkFixture('seed-bridged');

  test('goes from links to who is behind the ports', () => {
    assert.deepEqual(
      walkNetwork(seed).sections.map(({ command }) => command),
      ['ip link', 'ip address', 'ip route', 'ip -6 route', 'brctl show', 'brctl showmacs br0'],
    );
  });

  test('has its lines in the shape of the commands', () => {
    const texts = (command: string) => section(seed, command).map(({ text }) => text);
    assert.ok(texts('ip link').includes('3: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UNKNOWN'));
    assert.ok(texts('ip link').includes('    link/ether 92:0e:c3:fe:5f:ae'));
    assert.ok(texts('ip address').includes('    inet 192.0.2.195/26 brd 188.40.110.255 scope global br0'));
    assert.deepEqual(texts('ip route'), [
      '192.0.2.192/26 dev br0 proto kernel scope link src 192.0.2.195',
      'default via 192.0.2.193 dev br0',
    ]);
    assert.deepEqual(texts('brctl show').slice(1), [
      `br0             8000.002421b43626   no              dummy0`,
      `${' '.repeat(52)}eth0`,
    ]);
    assert.equal(texts('brctl showmacs br0')[1], 'eth0            00:23:9c:17:34:23   no');
  });

  test('says what they mean', () => {
    assert.equal(
      meaningOf(seed, 'ip link', '2: eth0'),
      "the link to the provider; a port of br0: its addresses and routes are br0's",
    );
    assert.match(meaningOf(seed, 'ip route', 'default') ?? '', /on br0 because eth0 is its port/);
    assert.equal(
      meaningOf(seed, 'brctl show', '  eth0'),
      'bridge id 8000.002421b43626: the MAC of eth0, as it must be',
    );
    assert.equal(meaningOf(seed, 'brctl showmacs br0', '00:23:9c:17:34:23'), 'the gateway 192.0.2.193');
    assert.match(meaningOf(seed, 'ip address', '192.0.2.195') ?? '', /192\.0\.2\.255 would be right/);
  });
});

test('a bridge with another MAC than its uplink is said where it is seen', () => {
  const bridged = bridgedFacts();
  const links = bridged.links.map((link) => (link.name === 'br0' ? { ...link, mac: '0a:00:00:00:00:01' } : link));
  const facts = { ...bridged, links };
  assert.equal(meaningOf(facts, 'ip link', 'ether 0a:'), 'not the MAC of eth0: lodge net explain');
  assert.match(meaningOf(facts, 'brctl show', 'br0') ?? '', /8000\.0a0000000001: not the MAC of eth0/);
});

test('routes, proxies and addresses that a routed layout has are understood', () => {
  const quiet = quietFacts();
  const facts = {
    ...quiet,
    addresses: [...quiet.addresses, addressFact('lg0a', 'fe80::1/64')],
    routes: [
      ...quiet.routes,
      routeFact('2001:db8:1:2::/64', { type: 'unreachable', link: 'lo', metric: 4294967295, protocol: 'static' }),
      routeFact('203.0.113.5/32', { link: 'lg0a', scope: 'link' }),
    ],
    neighbours: [proxyFact('eth0', '203.0.113.5')],
  };
  assert.match(
    meaningOf(facts, 'ip -6 route', 'unreachable 2001:db8:1:2::/64 dev lo') ?? '',
    /refused here, and not sent back/,
  );
  assert.equal(
    meaningOf(facts, 'ip route', '203.0.113.5/32 dev lg0a scope link'),
    'the address of a guest, behind its tap',
  );
  assert.match(
    meaningOf(facts, 'ip neighbour show proxy', '203.0.113.5 dev eth0 proxy') ?? '',
    /the kernel answers for it on eth0/,
  );
  assert.match(meaningOf(facts, 'ip address', 'peer 192.0.2.193/32') ?? '', /the other end/);
});

test('a thousand guests still make one page', () => {
  const quiet = quietFacts();
  const taps = Array.from({ length: 1000 }, (_, index) =>
    linkFact(`lg${index.toString(16)}`, { index: index + 10, kind: 'tun' }),
  );
  const facts = {
    ...quiet,
    links: [
      ...quiet.links,
      linkFact('br1', { index: 5, kind: 'bridge' }),
      ...taps.map((tap) => ({ ...tap, master: 'br1' })),
    ],
    routes: [
      ...quiet.routes,
      ...taps.map(({ name }, index) => routeFact(`10.0.${index >> 8}.${index & 255}/32`, { link: name })),
    ],
    forwardingDatabase: taps.map(({ name }, index) => ({
      bridge: 'br1',
      port: name,
      mac: `52:54:00:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`,
      isLocal: false,
    })),
  };
  const lines = walkNetwork(facts).sections.flatMap((one) => one.lines);
  assert.ok(lines.length < 80, `${lines.length} lines`);
  assert.ok(lines.some(({ text }) => text === '… and 997 more'));
});
