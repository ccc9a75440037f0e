import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intentOfNetplan } from './netplan-intent.ts';

const MAC = '02:00:00:00:00:01';
const ETH0 = { name: 'eth0', mac: MAC, permanentMac: MAC, kind: null, altNames: ['enp1s0f0'] };
const read = (lines: string[], links = [ETH0]) =>
  intentOfNetplan([{ path: '/etc/netplan/a.yaml', text: `network:\n  ethernets:\n${lines.join('\n')}\n` }], links);

test('an id is met by each name of a link, and so are its ports', () => {
  const { links, addresses } = read(['    enp1s0f0: {addresses: [192.0.2.2/24]}']);
  assert.deepEqual([links[0]?.name, addresses[0]?.link], ['eth0', 'eth0']);
  const bridged = read(['    enp1s0f0: {}', '  bridges:', '    br0: {interfaces: [enp1s0f0]}']);
  assert.deepEqual(bridged.links.find(({ name }) => name === 'br0')?.ports, ['eth0']);
});

test('a bridge with the MAC of the card is not the card that a definition matches by its MAC', () => {
  const bridge = { name: 'br0', mac: MAC, permanentMac: null, kind: 'bridge', altNames: [] };
  const lines = [
    `    a: {match: {macaddress: "${MAC}"}}`,
    '  bridges:',
    `    br0: {interfaces: [a], macaddress: "${MAC}"}`,
  ];
  const { links } = intentOfNetplan(
    [{ path: '/etc/netplan/a.yaml', text: `network:\n  ethernets:\n${lines.join('\n')}\n` }],
    [ETH0, bridge],
  );
  assert.deepEqual(links.find(({ name }) => name === 'br0')?.ports, ['eth0']);
});
