import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertLayout, bridgedInput, withChanges } from '../../../test/support/bridge-layout.ts';
import { readCorpus } from '../../../test/support/network-corpus.ts';
import { intentOfNetplan } from '../../parse/netplan-intent.ts';
import type { NetworkText } from '../../parse/networkd-files.ts';
import { netplanBridgeFiles } from './netplan.ts';

const BRIDGE = { name: 'br9', mac: '02:00:00:00:00:01' };
const REFUSED: Record<string, RegExp> = {
  'anchors-and-comments': /anchors/,
  'bond-and-bridge': /first is a port of bond0 already/,
  bridge: /eth0 is a port of br0 already/,
  'broken-brackets': /a\.yaml:6:7 is not YAML/,
  'broken-indentation': /a\.yaml:4:1 is not YAML/,
  'network-manager-renderer': /set renderer: networkd first/,
  unmatched: /no definition of netplan's is for eth0/,
};

for (const entry of readCorpus('netplan')) {
  const uplink = entry.name === 'bond-and-bridge' ? 'wan0' : (entry.links[0]?.name ?? '');
  const refusal = REFUSED[entry.name];
  test(`${entry.name}: ${refusal ? 'no bridge, with a reason' : `a bridge gets what ${uplink} had`}`, () => {
    const input = bridgedInput(entry, intentOfNetplan, uplink, BRIDGE);
    const rendered = netplanBridgeFiles(input);
    if (refusal) {
      assert.match(rendered.ok ? '' : rendered.reason, refusal);
      return;
    }
    assert.ok(rendered.ok, JSON.stringify(rendered));
    const files = withChanges(entry.files, rendered.files);
    assertLayout(intentOfNetplan(files, entry.links), input);
    assert.deepEqual(commentsOf(files), commentsOf(entry.files), 'comments are lost');
  });
}

function commentsOf(files: readonly NetworkText[]): string[] {
  return files.flatMap(({ text }) => text.match(/#.*/g) ?? []).sort();
}

test('the file of a plain host reads as its author would have written it', () => {
  const entry = readCorpus('netplan').find(({ name }) => name === 'ovh-cloud-init');
  assert.ok(entry);
  const rendered = netplanBridgeFiles(bridgedInput(entry, intentOfNetplan, 'eno1', BRIDGE));
  assert.ok(rendered.ok);
  assert.deepEqual(rendered.files[0]?.text?.split('\n').slice(5), [
    'network:',
    '    version: 2',
    '    ethernets:',
    '        eno1:',
    '            match:',
    '                macaddress: 02:00:00:00:00:01',
    '            set-name: eno1',
    '            dhcp4: false',
    '    bridges:',
    '        br9:',
    '            interfaces: [eno1]',
    '            macaddress: "02:00:00:00:00:01"',
    '            parameters:',
    '                stp: false',
    '                forward-delay: 0',
    '            accept-ra: false',
    '            addresses:',
    '              - 2001:db8:1:200::1/56',
    '            dhcp4: true',
    '            nameservers:',
    '                addresses:',
    '                  - 2001:db8::53',
    '            routes:',
    '              - on-link: true',
    '                to: default',
    '                via: 2001:db8:1:2ff:ff:ff:ff:ff',
    '',
  ]);
});

test('cloud-init is kept from writing its file again, and only where it has written one', () => {
  const pathsOf = (name: string) => {
    const entry = readCorpus('netplan').find((one) => one.name === name);
    assert.ok(entry);
    const rendered = netplanBridgeFiles(bridgedInput(entry, intentOfNetplan, entry.links[0]?.name ?? '', BRIDGE));
    return rendered.ok ? rendered.files.map(({ path }) => path) : [];
  };
  const disable = '/etc/cloud/cloud.cfg.d/99-disable-network-config.cfg';
  assert.deepEqual(pathsOf('ovh-cloud-init'), ['/etc/netplan/50-cloud-init.yaml', disable]);
  assert.deepEqual(pathsOf('hetzner-ubuntu'), ['/etc/netplan/01-netcfg.yaml']);
});

test('a bridge of its own has a file of its own', () => {
  const entry = readCorpus('netplan').find(({ name }) => name === 'hetzner-ubuntu');
  assert.ok(entry);
  const rendered = netplanBridgeFiles({
    files: entry.files,
    links: entry.links,
    uplink: null,
    bridge: { name: 'br1', mac: '02:00:00:00:01:01' },
    addresses: [{ family: 'ipv4', address: '203.0.113.1', prefixLength: 29, peer: null }],
    routes: [],
    needsAdvertisements: false,
  });
  assert.ok(rendered.ok);
  assert.deepEqual(rendered.files, [
    {
      path: '/etc/netplan/60-lodge-br1.yaml',
      text: `# Written by Lodge.
network:
  version: 2
  bridges:
    br1:
      interfaces: []
      macaddress: "02:00:00:00:01:01"
      parameters:
        stp: false
        forward-delay: 0
      accept-ra: false
      addresses:
        - 203.0.113.1/29
`,
    },
  ]);
});

test('a delivered prefix becomes a single address with its gateway on the link', () => {
  const entry = readCorpus('netplan').find(({ name }) => name === 'hetzner-ubuntu-of-old');
  assert.ok(entry);
  const route = { family: 'ipv4', type: 'unicast', via: '192.0.2.193', metric: null, isOnLink: true } as const;
  const input = {
    ...bridgedInput(entry, intentOfNetplan, 'enp1s0', BRIDGE),
    addresses: [{ family: 'ipv4', address: '192.0.2.200', prefixLength: 32, peer: null } as const],
    routes: [{ ...route, destination: 'default' }],
  };
  const rendered = netplanBridgeFiles(input);
  assert.ok(rendered.ok);
  assertLayout(intentOfNetplan(withChanges(entry.files, rendered.files), entry.links), input);
  assert.doesNotMatch(rendered.files[0]?.text ?? '', /gateway/);
});
