import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCorpus } from '../../test/support/network-corpus.ts';
import { cloudInitHand } from './cloud-init.ts';

const NETPLAN = readCorpus('netplan').find(({ name }) => name === 'ovh-cloud-init')?.files ?? [];
const cfg = (name: string, text: string) => ({ path: `/etc/cloud/cloud.cfg.d/${name}`, text });

test('a file of its writing shows that cloud-init owns the network', () => {
  const hand = cloudInitHand(NETPLAN);
  assert.equal(hand.ownsNetwork, true);
  assert.deepEqual(hand.evidence, [
    {
      path: '/etc/netplan/50-cloud-init.yaml',
      line: 1,
      text: '# This file is generated from information provided by the datasource.  Changes',
    },
  ]);
});

test('each of the files of its renderers is known by its name', () => {
  for (const path of [
    '/etc/network/interfaces.d/50-cloud-init',
    '/etc/network/interfaces.d/50-cloud-init.cfg',
    '/etc/systemd/network/10-cloud-init-eth0.network',
    '/etc/NetworkManager/system-connections/cloud-init-eth0.nmconnection',
  ]) {
    assert.equal(cloudInitHand([{ path, text: '' }]).ownsNetwork, true, path);
  }
  assert.equal(cloudInitHand([{ path: '/etc/netplan/01-netcfg.yaml', text: 'network: {}\n' }]).ownsNetwork, false);
});

test('network: {config: disabled} keeps it out, in either style, and the last file that speaks of the network counts', () => {
  const off = cfg('99-off.cfg', '#cloud-config\nnetwork: {config: disabled}\n');
  const block = cfg('99-off.cfg', 'network:\n  config: "disabled"\n');
  const on = cfg('99-z.cfg', 'network:\n  version: 2\n');
  const unrelated = cfg('99-z.cfg', 'users: []\n');
  assert.equal(cloudInitHand([...NETPLAN, off]).ownsNetwork, false);
  assert.equal(cloudInitHand([...NETPLAN, block]).ownsNetwork, false);
  assert.equal(cloudInitHand([on, ...NETPLAN, off]).ownsNetwork, true);
  assert.equal(cloudInitHand([unrelated, ...NETPLAN, off]).ownsNetwork, false);
  const main = { path: '/etc/cloud/cloud.cfg', text: 'network: {config: disabled}\n' };
  assert.equal(cloudInitHand([main, ...NETPLAN]).ownsNetwork, false);
  assert.equal(cloudInitHand([cfg('50-a.cfg', 'network: {version: 1}\n'), main, ...NETPLAN]).ownsNetwork, true);
});

test('a commented line disables nothing, and a broken file is passed over', () => {
  assert.equal(cloudInitHand([...NETPLAN, cfg('99.cfg', '# network: {config: disabled}\n')]).ownsNetwork, true);
  assert.equal(cloudInitHand([...NETPLAN, cfg('99.cfg', 'network: {config: disabled\n')]).ownsNetwork, true);
});

test('the file that keeps it out does so', () => {
  const { disableFile, disable } = cloudInitHand(NETPLAN);
  assert.equal(cloudInitHand([...NETPLAN, disableFile]).ownsNetwork, false);
  assert.equal(
    disable,
    "printf '%s\\n' 'network: {config: disabled}' > /etc/cloud/cloud.cfg.d/99-disable-network-config.cfg",
  );
});
