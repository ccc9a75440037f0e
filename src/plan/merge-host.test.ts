import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostConfig } from '../model/host-config.ts';
import { mergeHost } from './merge-host.ts';

const OWNERS = {
  version: 1,
  provider: 'hetzner',
  uplink: { name: 'eth0', mac: '02:00:00:00:00:01' },
  ipv4: { address: '192.0.2.200', prefixLength: 26, gateway: '192.0.2.193' },
  ipv6: { prefix: '2001:db8:1:2::/64', address: null, gateway: 'fe80::1', mode: 'routed' },
  extraIpv4: [
    { kind: 'single', address: '198.51.100.20', gateway: '198.51.100.1', mac: '00:50:56:00:12:34' },
    { kind: 'failover', prefix: '203.0.113.0/29' },
  ],
} as unknown as HostConfig;

function found(changes: object): HostConfig {
  return { ...OWNERS, extraIpv4: [], ...changes } as HostConfig;
}

test('extra addresses of the owner stay, found ones that are in none of them come to the end', () => {
  const extraIpv4 = [
    { kind: 'single', address: '198.51.100.20', gateway: null, mac: null },
    { kind: 'single', address: '203.0.113.4', gateway: null, mac: null },
    { kind: 'single', address: '198.51.100.40', gateway: null, mac: null },
  ];
  const merged = mergeHost(OWNERS, found({ extraIpv4 }));
  assert.deepEqual(merged.extraIpv4, [...OWNERS.extraIpv4, extraIpv4[2]]);
});
