import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMac } from '../base/address.ts';
import { unwrap } from '../base/parsed.ts';
import { renderNetworkdUnmanaged } from '../render/networkd-unmanaged.ts';
import { mayNetworkdTake } from './networkd-takes.ts';

const NETWORK = { tableName: 'lodge' } as Parameters<typeof mayNetworkdTake>[1];
const MAC = unwrap(parseMac('ee:ee:ee:00:00:01'));
const takes = (match: string, path = '/etc/systemd/network/10-x.network') =>
  mayNetworkdTake([renderNetworkdUnmanaged(NETWORK), { path, text: `[Match]\n${match}\n` }], NETWORK, MAC);

test('a file that is for every link, or may be for a tap, is one that networkd takes taps by', () => {
  for (const match of ['Name=*', 'Type=ether', 'Name=!lo', 'Name=l*', 'Kind=tun', 'Driver=tun', `MACAddress=${MAC}`]) {
    assert.ok(takes(match), match);
  }
  assert.ok(takes('Name=*', '/usr/lib/systemd/network/80-all.network'));
});

test('one that is for other links is none, and neither is our own', () => {
  for (const match of ['Name=eth0 en*', 'MACAddress=52:54:00:00:00:01', 'Type=wlan', 'Kind=bridge', 'Name=!l*']) {
    assert.equal(takes(match), false, match);
  }
  assert.equal(mayNetworkdTake([renderNetworkdUnmanaged(NETWORK)], NETWORK, MAC), false);
});
