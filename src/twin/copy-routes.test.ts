import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeFact } from '../../test/support/twin-host.ts';
import { routeLines } from './copy-routes.ts';

const CONNECTED = routeFact({
  destination: '192.0.2.192/26',
  link: 'eth0',
  source: '192.0.2.200',
  protocol: 'kernel',
  scope: 'link',
});
const HACK = routeFact({ destination: '192.0.2.192/26', via: '192.0.2.193', link: 'eth0' });

test('a route that is to be asked before the one the kernel made is put in front of it', () => {
  assert.deepEqual(routeLines([CONNECTED], [HACK, CONNECTED]), [
    'route prepend 192.0.2.192/26 via 192.0.2.193 dev eth0 proto boot',
  ]);
  assert.deepEqual(routeLines([CONNECTED], [CONNECTED, HACK]), [
    'route append 192.0.2.192/26 via 192.0.2.193 dev eth0 proto boot',
  ]);
});

test('what leads to a gateway comes before what goes through it, and what the host does not have goes first', () => {
  const wanted = [
    routeFact({ via: '192.0.2.193', link: 'eth0' }),
    routeFact({ destination: '192.0.2.193/32', link: 'eth0', scope: 'link' }),
  ];
  assert.deepEqual(routeLines([CONNECTED], wanted), [
    'route delete 192.0.2.192/26 dev eth0 src 192.0.2.200 proto kernel scope link',
    'route append 192.0.2.193/32 dev eth0 proto boot scope link',
    'route append default via 192.0.2.193 dev eth0 proto boot',
  ]);
});

test('a gateway of the other family, an own table and a route that leads nowhere are written out', () => {
  const wanted = [
    routeFact({ via: 'fe80::1', link: 'eth0', table: '100', isOnLink: true }),
    routeFact({ family: 'ipv6', destination: 'default', via: 'fe80::1', link: 'eth0' }),
    routeFact({ destination: '203.0.113.0/29', type: 'unreachable', metric: 4_294_967_295 }),
  ];
  assert.deepEqual(routeLines([], wanted), [
    'route append unreachable 203.0.113.0/29 metric 4294967295 proto boot',
    'route append ::/0 via fe80::1 dev eth0 proto boot',
    'route append default via inet6 fe80::1 dev eth0 proto boot table 100 onlink',
  ]);
});
