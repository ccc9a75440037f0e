import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlacedEntry } from './networkd-files.ts';
import { type KnownLink, literalNames, matchLink } from './networkd-match.ts';

const ETH0: KnownLink = {
  name: 'eth0',
  mac: '02:00:00:00:00:01',
  permanentMac: '02:00:00:00:00:02',
  kind: null,
  altNames: ['enp1s0'],
};

function match(...lines: string[]): PlacedEntry[] {
  return lines.map((line, index) => {
    const [key = '', value = ''] = line.split('=');
    return { key, value, line: index + 1, path: '/x' };
  });
}

test('every key has to be met, each by one of its words', () => {
  assert.equal(matchLink(match('Name=eth1 eth0', 'MACAddress=02:00:00:00:00:01'), ETH0), 'yes');
  assert.equal(matchLink(match('Name=eth0', 'MACAddress=02:00:00:00:00:02'), ETH0), 'no');
  assert.equal(matchLink(match('Name=enp*'), ETH0), 'yes');
});

test('an exclamation mark before a list turns it round', () => {
  assert.equal(matchLink(match('Name=!lo eth0'), ETH0), 'no');
  assert.equal(matchLink(match('Name=!lo br*'), ETH0), 'yes');
  assert.deepEqual(literalNames(match('Name=!lo')), []);
});

test('an empty value empties the list before it', () => {
  assert.equal(matchLink(match('Name=eth1', 'Name=', 'Name=eth0'), ETH0), 'yes');
  assert.equal(matchLink(match('Name=eth0', 'Name='), ETH0), 'no');
});

test('MACs in each of the notations are one MAC', () => {
  for (const mac of ['02-00-00-00-00-01', '0200.0000.0001', '02:00:00:00:00:01']) {
    assert.equal(matchLink(match(`MACAddress=${mac}`), ETH0), 'yes', mac);
  }
});

test('what only udev knows leaves the answer open, unless another key says no', () => {
  assert.equal(matchLink(match('Name=eth0', 'Driver=virtio_net'), ETH0), 'unknown');
  assert.equal(matchLink(match('Driver=virtio_net', 'Name=eth1'), ETH0), 'no');
});

test('no condition is no match', () => {
  assert.equal(matchLink([], ETH0), 'no');
});

test('a permanent MAC is what the hardware came with, and a link without one is met by none', () => {
  assert.equal(matchLink(match('PermanentMACAddress=02:00:00:00:00:02'), ETH0), 'yes');
  assert.equal(matchLink(match('PermanentMACAddress=02:00:00:00:00:01'), ETH0), 'no');
  const bridge: KnownLink = { name: 'br0', mac: '02:00:00:00:00:02', kind: 'bridge', permanentMac: null };
  assert.equal(matchLink(match('PermanentMACAddress=02:00:00:00:00:02'), bridge), 'no');
});

test('a link has its other names too, but not as the one that the kernel gave it first', () => {
  assert.equal(matchLink(match('Name=enp1s0'), ETH0), 'yes');
  assert.equal(matchLink(match('OriginalName=enp1s0'), ETH0), 'no');
  assert.equal(matchLink(match('OriginalName=eth0'), ETH0), 'yes');
});

test('a type is what the kernel calls the device, else its hardware: a tap is Ethernet, a tun is nothing', () => {
  const typed: [string, Partial<KnownLink>][] = [
    ['ether', {}],
    ['ether', { kind: 'veth' }],
    ['ether', { kind: 'tun' }],
    ['none', { kind: 'tun', mac: null }],
    ['wireguard', { kind: 'wireguard', mac: null }],
    ['vlan', { kind: 'vlan' }],
    ['vxlan', { kind: 'vxlan' }],
    ['bridge', { kind: 'bridge' }],
    ['sit', { kind: 'sit', mac: null }],
  ];
  for (const [type, more] of typed) {
    const link = { name: 'x0', mac: '52:54:00:12:34:56', ...more };
    const types = [...new Set(typed.map(([name]) => name))];
    const met = types.filter((one) => matchLink(match(`Type=${one}`), link) === 'yes');
    assert.deepEqual(met, [type], `${link.kind}`);
  }
});
