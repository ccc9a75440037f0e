import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readIfupSaid, spotOf } from './ifupdown.ts';

const FILES = [
  {
    path: '/etc/network/interfaces',
    text: `auto one
iface one inet static
    up ip route add 203.0.113.97/27 \\
        dev one
    up ip route add 10.0.0.0/8 via 192.0.2.1
`,
    mode: 0o644,
  },
];

test('a line that fails is named with its place, the last words of its program, and the link that ifup gives up', () => {
  const said = `
ifup: configuring interface one=one (inet)
ip addr add 192.0.2.2/255.255.255.0 dev one
ip route add 10.0.0.0/8 via 192.0.2.1
Error: Nexthop has invalid gateway.
ifup: failed to bring up one
`;
  assert.deepEqual(readIfupSaid(said, FILES), [
    {
      spot: '/etc/network/interfaces:5',
      text: 'ip route add 10.0.0.0/8 via 192.0.2.1: Error: Nexthop has invalid gateway.: ifup gives one up here, and what stands behind it does not come',
    },
  ]);
});

test('a script of a package has no line; what ifup says by itself is told too', () => {
  const said = `ifup: configuring interface one=one (inet)
run-parts: executing /etc/network/if-pre-up.d/x
x: no such thing
ifup: failed to bring up one
ifup: unknown interface two
/etc/network/interfaces:3: misplaced option
`;
  assert.deepEqual(
    readIfupSaid(said, FILES).map(({ spot, text }) => [spot, text.slice(0, 40)]),
    [
      [null, 'x: no such thing: ifup gives one up here'],
      [null, 'ifup: unknown interface two'],
      [null, '/etc/network/interfaces:3: misplaced opt'],
    ],
  );
});

test('a command that goes over two lines is found where it begins', () => {
  assert.equal(spotOf('ip route add 203.0.113.97/27         dev one', FILES), '/etc/network/interfaces:3');
  assert.equal(spotOf('something else', FILES), null);
});
