import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findMacOwner } from './mac-owner.ts';

const PLACES = {
  links: [
    { name: 'br0', kind: 'bridge', mac: '02:00:00:00:00:bb' },
    { name: 'mv0', kind: 'macvlan', mac: '02:00:00:00:00:cc' },
  ],
  forwardingDatabase: [
    { bridge: 'br0', port: 'lg1a', mac: '02:66:00:00:00:01', isLocal: false },
    { bridge: 'br0', port: 'vnet0', mac: '02:66:00:00:00:02', isLocal: false },
    { bridge: 'br0', port: 'vnet0', mac: '02:66:00:00:00:03', isLocal: true },
  ],
  guests: [{ name: 'web1', mac: '52:54:00:00:00:07', tap: 'lg1a' }],
};

test('a foreign MAC is named after the guest, the bridge, the link or the port it comes from', () => {
  const owner = (mac: string) => findMacOwner(mac, PLACES);
  assert.equal(owner('52:54:00:00:00:07'), 'the NIC of guest web1');
  assert.equal(owner('02:00:00:00:00:bb'), 'the bridge br0 itself');
  assert.equal(owner('02:00:00:00:00:cc'), 'the link mv0');
  assert.equal(owner('02:66:00:00:00:01'), 'something behind port lg1a of br0 (guest web1)');
  assert.equal(owner('02:66:00:00:00:02'), 'something behind port vnet0 of br0');
});

test('a MAC that nobody here has is said to be nobody’s', () => {
  assert.equal(findMacOwner('02:66:00:00:00:03', PLACES), null, 'a local entry says nothing about who sends');
  assert.equal(findMacOwner('02:66:00:00:00:04', PLACES), null);
});
