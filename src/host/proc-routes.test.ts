import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4HostRoutes, parseIpv6Addresses } from './proc-routes.ts';

test('routes to single IPv4 addresses are read from /proc/net/route, and no others', () => {
  const text = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\tC10002C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'lg2c4700000001\t0502090A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0',
    '',
  ].join('\n');
  assert.deepEqual(parseIpv4HostRoutes(text), [{ link: 'lg2c4700000001', address: '10.9.2.5' }]);
});

test('IPv6 addresses are read from /proc/net/if_inet6, with the names of their links', () => {
  const text =
    'fd000000000000000000000000000053 05 40 00 82 lg2c4700000001\n00000000000000000000000000000001 01 80 10 80       lo\n';
  assert.deepEqual(parseIpv6Addresses(text), [
    { link: 'lg2c4700000001', address: 'fd00::53' },
    { link: 'lo', address: '::1' },
  ]);
});
