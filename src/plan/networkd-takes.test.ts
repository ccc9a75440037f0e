import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMac } from '../base/address.ts';
import { unwrap } from '../base/parsed.ts';
import { renderNetworkdUnmanaged } from '../render/networkd-unmanaged.ts';
import { mayNetworkdTake, outsideLinks, tapLinks } from './networkd-takes.ts';

const NETWORK = { tableName: 'lodge' };
const MAC = unwrap(parseMac('ee:ee:ee:00:00:01'));
const takes = (match: string, path = '/etc/systemd/network/10-x.network') =>
  mayNetworkdTake([renderNetworkdUnmanaged(NETWORK), { path, text: `[Match]\n${match}\n` }], tapLinks(NETWORK, MAC));

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
  assert.equal(mayNetworkdTake([renderNetworkdUnmanaged(NETWORK)], tapLinks(NETWORK, MAC)), false);
});

test('a file that knows the uplink by its MAC is for the wire before it, and one that goes by its hardware is not', () => {
  const uplink = '52:54:00:00:00:01';
  const takesWire = (match: string) =>
    mayNetworkdTake(
      [{ path: '/etc/systemd/network/10-x.network', text: `[Match]\n${match}\n` }],
      outsideLinks(NETWORK, [uplink]),
    );
  assert.ok(takesWire(`MACAddress=${uplink}`));
  assert.equal(takesWire(`PermanentMACAddress=${uplink}`), false);
  assert.equal(takesWire(`MACAddress=${uplink}\nName=eth0`), false);
});
