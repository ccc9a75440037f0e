import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertLayout, bridgedInput, withChanges } from '../../../test/support/bridge-layout.ts';
import { readCorpus } from '../../../test/support/network-corpus.ts';
import type { NetworkText } from '../../parse/networkd-files.ts';
import { intentOfNetworkd } from '../../parse/networkd-intent.ts';
import { networkdBridgeFiles } from './networkd.ts';

const BRIDGE = { name: 'br0', mac: '02:00:00:00:00:01' };
/** The uplink is a port already, or no file is for it. */
const REFUSED = ['bond', 'bridge', 'broken-header', 'no-match', 'bridge-without-ports'];

for (const entry of readCorpus('networkd')) {
  const uplink = entry.links[0]?.name ?? '';
  if (REFUSED.includes(entry.name)) {
    test(`${entry.name}: there is no bridge to be made over ${uplink}, with a reason`, () => {
      const input = { ...bridgedInput(entry, intentOfNetworkd, uplink, BRIDGE) };
      const rendered = networkdBridgeFiles(input);
      assert.ok(!rendered.ok && rendered.reason.length > 20);
    });
    continue;
  }
  test(`${entry.name}: a bridge gets what ${uplink} had, and ${uplink} has none of it`, () => {
    const input = bridgedInput(entry, intentOfNetworkd, uplink, BRIDGE);
    const rendered = networkdBridgeFiles(input);
    assert.ok(rendered.ok, JSON.stringify(rendered));
    const files = withChanges(entry.files, rendered.files);
    assertLayout(intentOfNetworkd(files, entry.links), input);
    assert.deepEqual(commentsOf(files), commentsOf([...files, ...entry.files]), 'comments are lost');
  });
}

function commentsOf(files: readonly NetworkText[]): string[] {
  const lines = files.flatMap(({ text }) => text.split(/\r?\n/)).map((line) => line.trim());
  return [...new Set(lines.filter((line) => /^[#;]/.test(line) && !line.includes('Written by Lodge')))].sort();
}

test('the files of a plain host are divided as a reader would do it', () => {
  const entry = readCorpus('networkd').find(({ name }) => name === 'on-link-gateway');
  assert.ok(entry);
  const rendered = networkdBridgeFiles(bridgedInput(entry, intentOfNetworkd, 'eth0', BRIDGE));
  assert.ok(rendered.ok);
  assert.deepEqual(Object.fromEntries(rendered.files.map(({ path, text }) => [path, text?.split('\n')])), {
    '/etc/systemd/network/10-br0.netdev': [
      '# Written by Lodge.',
      '[NetDev]',
      'Name=br0',
      'Kind=bridge',
      'MACAddress=02:00:00:00:00:01',
      '',
      '[Bridge]',
      'STP=no',
      'ForwardDelaySec=0',
      '',
    ],
    '/etc/systemd/network/10-br0.network': [
      '# Written by Lodge: what eth0 had.',
      '[Match]',
      'Name=br0',
      '',
      '[Network]',
      'KeepConfiguration=static',
      '',
      '[Network]',
      '# the whole prefix is routed to this host',
      'Address=2001:db8:1:2::2/128',
      'Address=192.0.2.200/32',
      'Gateway=fe80::1',
      'LinkLocalAddressing=ipv6',
      'IPv6AcceptRA=no',
      '',
      '[Route]',
      'Gateway=192.0.2.193',
      'GatewayOnLink=yes',
      '',
    ],
    '/etc/systemd/network/10-eth0.network': [
      '[Match]',
      'Name=eth0',
      '',
      '[Network]',
      'Bridge=br0',
      'LinkLocalAddressing=no',
      'IPv6AcceptRA=no',
      '',
    ],
  });
});

test('a file for many links stays for the others, and the uplink gets one of its own before it', () => {
  const entry = readCorpus('networkd').find(({ name }) => name === 'dhcp-only');
  assert.ok(entry);
  const rendered = networkdBridgeFiles(bridgedInput(entry, intentOfNetworkd, 'ens3', BRIDGE));
  assert.ok(rendered.ok);
  assert.deepEqual(
    rendered.files.map(({ path }) => path),
    ['10-br0.netdev', '10-br0.network', '05-ens3.network'].map((name) => `/etc/systemd/network/${name}`),
  );
});

test('a .link file that names the NIC by its MAC does not name the bridge, which has the same', () => {
  const entry = readCorpus('networkd').find(({ name }) => name === 'renamed-by-mac');
  assert.ok(entry);
  const rendered = networkdBridgeFiles(bridgedInput(entry, intentOfNetworkd, 'wan0', BRIDGE));
  assert.ok(rendered.ok);
  const link = rendered.files.find(({ path }) => path.endsWith('.link'));
  assert.equal(link?.text, '[Match]\nPermanentMACAddress=02:00:00:00:00:01\n\n[Link]\nName=wan0\nMTUBytes=1400\n');
});

test('a bridge of its own takes nothing from anybody and needs no port to have its address', () => {
  const entry = readCorpus('networkd').find(({ name }) => name === 'delivered-prefix');
  assert.ok(entry);
  const before = intentOfNetworkd(entry.files, entry.links);
  const address = { family: 'ipv4', address: '203.0.113.1', prefixLength: 29, peer: null } as const;
  const rendered = networkdBridgeFiles({
    files: entry.files,
    links: entry.links,
    uplink: null,
    bridge: { name: 'br1', mac: '02:00:00:00:01:01' },
    addresses: [address],
    routes: [],
    needsAdvertisements: false,
  });
  assert.ok(rendered.ok);
  const after = intentOfNetworkd(withChanges(entry.files, rendered.files), entry.links);
  assert.deepEqual(
    after.addresses.filter(({ link }) => link !== 'br1'),
    before.addresses,
  );
  assert.deepEqual(after.routes, before.routes);
  assert.match(
    rendered.files.find(({ path }) => path.endsWith('br1.network'))?.text ?? '',
    /ConfigureWithoutCarrier=yes/,
  );
});

test('what was delivered as a prefix may become an address with a peer', () => {
  const entry = readCorpus('networkd').find(({ name }) => name === 'dos-lines');
  assert.ok(entry);
  const input = {
    ...bridgedInput(entry, intentOfNetworkd, 'eth0', BRIDGE),
    addresses: [{ family: 'ipv4', address: '192.0.2.200', prefixLength: 32, peer: '192.0.2.193' } as const],
  };
  const rendered = networkdBridgeFiles(input);
  assert.ok(rendered.ok);
  assertLayout(intentOfNetworkd(withChanges(entry.files, rendered.files), entry.links), input);
});
