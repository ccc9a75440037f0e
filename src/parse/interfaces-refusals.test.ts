import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInterfaces } from './interfaces.ts';
import { intentOfInterfaces } from './interfaces-intent.ts';

const PATH = '/etc/network/interfaces';
const STANZA = `auto one
iface one inet static
    address 203.0.113.98/27
    gateway 203.0.113.97
`;

function read(lines: string, dialect: 'ifupdown' | 'ifupdown2' = 'ifupdown') {
  const { routes, addresses, notUnderstood } = intentOfInterfaces(
    parseInterfaces([{ path: PATH, text: STANZA + lines }], PATH),
    { dialect },
  );
  return {
    routes: routes.map(({ destination, via }) => `${destination}${via === null ? '' : ` via ${via}`}`),
    addresses: addresses.map(({ address }) => address),
    told: notUnderstood.map(({ spot, why }) => `${spot.line}: ${why}`),
  };
}

const REFUSED: Record<string, RegExp> = {
  'ip route add 203.0.113.97/27 dev one': /^5: 203\.0\.113\.97\/27 has bits of a host in it.*203\.0\.113\.96\/27/,
  'ip route replace 198.51.100.1/24 dev one': /has bits of a host in it/,
  'ip route add default via 203.0.113.99': /^5: a route to default is there already, by \/etc\/network\/interfaces:4/,
  'ip route add 203.0.113.96/27 dev one': /a route to 203\.0\.113\.96\/27 is there already, by .*:3/,
  'ip route append default via 203.0.113.97 dev one onlink': /is there already/,
  'route add -net 203.0.113.97 netmask 255.255.255.224 gw 203.0.113.97': /is not the first address of the network/,
  'ip addr add 203.0.113.98/27 dev one': /203\.0\.113\.98 on one is there already/,
};

for (const [command, why] of Object.entries(REFUSED)) {
  test(`${command}: is refused, and ifup does not come to what stands behind it`, () => {
    const { routes, told } = read(
      `    up ${command}\n    up ip route add 198.18.0.0/15 via 203.0.113.97\niface one inet6 static\n    address 2001:db8::2/64\n`,
    );
    assert.deepEqual(routes, ['default via 203.0.113.97']);
    assert.match(told[0] ?? '', why);
    assert.match(told[1] ?? '', /^6: ifup gives one up at \/etc\/network\/interfaces:5, where a command fails/);
    assert.match(told[2] ?? '', /^7: ifup gives one up/);
    assert.equal(told.length, 3);
  });
}

test('what the kernel takes is taken: another metric, another verb, IPv6 with bits of a host, an address with another length', () => {
  const { routes, addresses, told } = read(`    up ip route add default via 203.0.113.99 metric 5
    up ip route append default via 203.0.113.99
    up ip route replace default via 203.0.113.97
    up route add default gw 203.0.113.100
    up route add -net 203.0.113.96 netmask 255.255.255.224 gw 203.0.113.97
    up ip -6 route add 2001:db8:1::5/64 dev one
    up ip addr add 203.0.113.98/26 dev one
`);
  assert.deepEqual(told, []);
  assert.equal(routes.length, 7);
  assert.equal(addresses.length, 2);
});

test('a line that has an answer to its failure goes on, and so does ifupdown2', () => {
  const lines = (end: string) =>
    `    up ip route add default via 203.0.113.99${end}\n    up ip route add 198.18.0.0/15 via 203.0.113.97\n`;
  const both = ['default via 203.0.113.97', '198.18.0.0/15 via 203.0.113.97'];
  assert.deepEqual(read(lines(' || true')), { routes: both, addresses: ['203.0.113.98'], told: [] });
  assert.deepEqual(read(lines('; true')).routes, both);
  assert.deepEqual(read(lines(' && ip route add 10.0.0.0/8 via 203.0.113.97; true')).routes, both);
  assert.deepEqual(read(lines(''), 'ifupdown2').routes, both);
});

test('a command before the link that fails leaves nothing of the stanza', () => {
  const { routes, addresses } = read('    pre-up ip route add 203.0.113.97/27 dev one\n');
  assert.deepEqual([routes, addresses], [[], []]);
});
