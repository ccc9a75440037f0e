import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkFixture } from '../../test/support/network-sample.ts';
import { detectOwner } from './network-owner.ts';

test('the owner is who is active and has a file for the uplink', () => {
  assert.equal(detectOwner(networkFixture('hetzner-one-nic-ifupdown')).owner, 'ifupdown');
  assert.equal(detectOwner(networkFixture('seed-bridged')).owner, 'ifupdown');
  assert.equal(detectOwner(networkFixture('ovh-one-nic-netplan')).owner, 'netplan');
  assert.equal(detectOwner(networkFixture('scaleway-one-nic-networkd')).owner, 'networkd');
});

test('with ifreload there, networking is ifupdown2', () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  facts.services.hasIfupdown2 = true;
  assert.equal(detectOwner(facts).owner, 'ifupdown2');
});

test('files of a program that is not active do not make it the owner', () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  facts.files.push({ path: '/etc/systemd/network/10-eno1.network', text: '[Match]\nName=eno1\n', mode: 0o644 });
  facts.files.push({
    path: '/etc/netplan/01.yaml',
    text: 'network: {ethernets: {eno1: {dhcp4: true}}}\n',
    mode: 0o600,
  });
  const { owner, reason } = detectOwner(facts);
  assert.equal(owner, 'ifupdown');
  assert.equal(reason, 'ifupdown is active and /etc/network/interfaces speaks of the uplink');
});

test('an active program without a file for the uplink is not the owner', () => {
  const facts = networkFixture('scaleway-one-nic-networkd');
  for (const file of facts.files) file.text = file.text.replace('Name=eno1', 'Name=eno7');
  assert.deepEqual(detectOwner(facts), { owner: 'none', reason: 'no configuration file speaks of the uplink' });
});

test('of two masters the one whose mark is on the default route is the owner, and the other is named', () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  facts.services.networkd = 'active';
  facts.files.push({ path: '/etc/systemd/network/10-eno1.network', text: '[Match]\nName=en*\n', mode: 0o644 });
  const first = detectOwner(facts);
  assert.equal(first.owner, 'ifupdown');
  assert.match(first.reason, /"proto boot".* So do systemd-networkd \(.*10-eno1\.network\): two masters of one link$/);
  for (const route of facts.routes) route.protocol = 'static';
  assert.equal(detectOwner(facts).owner, 'networkd');
});

test("systemd's own samples claim no link", () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  facts.services = { ...facts.services, networking: 'absent', networkd: 'active' };
  facts.files = [{ path: '/usr/lib/systemd/network/89-ethernet.network', text: '[Match]\nType=ether\n', mode: 0o644 }];
  assert.equal(detectOwner(facts).owner, 'none');
});

test('a network that netplan has rendered belongs to netplan', () => {
  const facts = networkFixture('ovh-one-nic-netplan');
  facts.files = facts.files.filter(({ path }) => !path.startsWith('/etc/netplan'));
  assert.equal(detectOwner(facts).owner, 'netplan');
});

test('without a service that says so, the file that speaks of the uplink decides, and this is said', () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  facts.services.networking = 'absent';
  assert.deepEqual(detectOwner(facts), {
    owner: 'ifupdown',
    reason: '/etc/network/interfaces speaks of the uplink, although ifupdown is not known to be installed',
  });
});

test('NetworkManager owns what nobody else has a file for, and what its own file names', () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  facts.services = { ...facts.services, networking: 'inactive', networkManager: 'active' };
  assert.equal(detectOwner(facts).owner, 'network-manager');
  facts.services.networking = 'active';
  assert.equal(detectOwner(facts).owner, 'ifupdown');
  const path = '/etc/NetworkManager/system-connections/uplink.nmconnection';
  facts.files = [{ path, text: '[connection]\ninterface-name=eno1\n', mode: 0o600 }];
  assert.equal(detectOwner(facts).owner, 'network-manager');
});
