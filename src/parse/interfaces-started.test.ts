import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INTERFACES } from '../../test/support/interfaces-corpus.ts';
import type { NetworkIntent } from '../model/network-intent.ts';
import { parseInterfaces } from './interfaces.ts';
import { intentOfInterfaces } from './interfaces-intent.ts';

const read = (text: string, options?: Parameters<typeof intentOfInterfaces>[1]) =>
  intentOfInterfaces(parseInterfaces([{ path: INTERFACES, text }], INTERFACES), options);
const having = ({ addresses }: Pick<NetworkIntent, 'addresses'>) =>
  addresses.map(({ link, address }) => `${link} ${address}`);
const automatic = ({ links }: NetworkIntent) => links.filter((one) => one.isAutomatic).map(({ name }) => name);

test('a bridge that nobody brings up has no ports and no addresses', () => {
  const bridge = 'iface br0 inet static\n address 192.0.2.2/24\n gateway 192.0.2.1\n bridge_ports eth0\n';
  const idle = read(`auto eth0\niface eth0 inet static\n address 198.51.100.2/24\n${bridge}`);
  assert.deepEqual(having(idle), ['eth0 198.51.100.2']);
  assert.deepEqual([idle.routes.length, having(idle.byHand), idle.byHand.routes.length], [0, ['br0 192.0.2.2'], 1]);
  assert.deepEqual(idle.links.find(({ name }) => name === 'br0')?.ports, []);
  const started = read(`auto br0\n${bridge}`);
  assert.deepEqual([having(started), started.links[0]?.ports], [['br0 192.0.2.2'], ['eth0']]);
});

test('udev brings up what appears, and a link that only ifup makes does not appear', () => {
  const intent = read(
    [
      'allow-hotplug eth0 br0 eth0.100 dummy0 eth0:1',
      'iface eth0 inet static\n address 192.0.2.2/24',
      'iface eth0:1 inet static\n address 192.0.2.7/32',
      'iface br0 inet static\n address 192.0.2.3/24\n bridge_ports none',
      'iface eth0.100 inet static\n address 192.0.2.4/24',
      'iface dummy0 inet static\n address 192.0.2.5/24',
    ].join('\n'),
  );
  assert.deepEqual(automatic(intent), ['eth0']);
  assert.deepEqual(having(intent), ['eth0 192.0.2.2']);
  assert.equal(intent.byHand.addresses.length, 4);
});

test('an alias is brought up by its own name; ifupdown2 takes it for the link', () => {
  const text =
    'auto eth0\niface eth0 inet static\n address 192.0.2.2/24\niface eth0:1 inet static\n address 192.0.2.7/32\n';
  assert.deepEqual(having(read(text)), ['eth0 192.0.2.2']);
  assert.deepEqual(having(read(text, { dialect: 'ifupdown2' })), ['eth0 192.0.2.2', 'eth0 192.0.2.7']);
});

test('what is brought up brings others up', () => {
  const bond = 'iface bond0 inet static\n address 192.0.2.2/24\n bond-slaves none\n';
  assert.deepEqual(automatic(read(`auto eth0\niface eth0 inet manual\n bond-master bond0\n${bond}`)), [
    'eth0',
    'bond0',
  ]);
  const port = 'iface eth1 inet static\n address 192.0.2.3/24\n';
  assert.deepEqual(automatic(read(`auto eth0\niface eth0 inet manual\n up /sbin/ifup -v eth1 || true\n${port}`)), [
    'eth0',
    'eth1',
  ]);
  assert.deepEqual(automatic(read(`auto bond0\nallow-bond0 eth1\n${bond}${port}`)), ['bond0', 'eth1']);
  const bridge = `auto br0\niface br0 inet manual\n bridge_ports eth1\n${port}`;
  assert.deepEqual(automatic(read(bridge)), ['br0']);
  assert.deepEqual(automatic(read(bridge, { dialect: 'ifupdown2' })), ['br0', 'eth1']);
});

test('a stanza under another name of its link is the link’s, also in its commands', () => {
  const links = [{ name: 'eth0', mac: '52:54:00:aa:00:01', altNames: ['enp1s0f0'] }];
  const text = [
    'auto enp1s0f0',
    'iface enp1s0f0 inet static\n address 192.0.2.2/24\n gateway 192.0.2.1',
    ' up ip route add 198.18.0.0/15 via 192.0.2.1 dev $IFACE',
    'iface eth0 inet6 static\n address 2001:db8::2/64',
  ].join('\n');
  const intent = read(text, { links });
  assert.deepEqual(
    intent.links.map(({ name, isAutomatic }) => [name, isAutomatic]),
    [['eth0', true]],
  );
  assert.deepEqual(having(intent), ['eth0 192.0.2.2']);
  assert.deepEqual(having(intent.byHand), ['eth0 2001:db8::2']);
  assert.deepEqual(
    intent.routes.map(({ link, context }) => [link, context]),
    [
      ['eth0', 'eth0'],
      ['eth0', 'eth0'],
    ],
  );
  // udev says the kernel's name.
  const hotplug = read(text.replace('auto', 'allow-hotplug'), { links });
  assert.deepEqual(automatic(hotplug), []);
  assert.deepEqual(having(hotplug.byHand), ['eth0 192.0.2.2', 'eth0 2001:db8::2']);
});

test('`auto eth0=home` takes the stanza of another name for the link; ifupdown2 knows no such words', () => {
  const text = 'auto eth0=home\niface home inet static\n address 192.0.2.2/24\n';
  assert.deepEqual(having(read(text)), ['eth0 192.0.2.2']);
  const other = read(text, { dialect: 'ifupdown2' });
  assert.deepEqual([having(other), automatic(other)], [[], []]);
});

test('ports of Open vSwitch are brought up by its own unit', () => {
  const text = 'allow-ovs vmbr0\niface vmbr0 inet static\n address 192.0.2.2/24\n ovs_type OVSBridge\n';
  assert.deepEqual(having(read(text)), ['vmbr0 192.0.2.2']);
});

test('ifupdown2 finds no link by another of its names', () => {
  const links = [{ name: 'eth0', mac: '52:54:00:aa:00:01', altNames: ['enp1s0f0'] }];
  const text = 'auto enp1s0f0\niface enp1s0f0 inet static\n address 192.0.2.2/24\n';
  assert.deepEqual(having(read(text, { links })), ['eth0 192.0.2.2']);
  assert.deepEqual(having(read(text, { links, dialect: 'ifupdown2' })), []);
});
