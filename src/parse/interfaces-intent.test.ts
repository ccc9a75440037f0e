import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { intentText } from '../../test/support/intent-text.ts';
import { INTERFACES, readInterfacesCorpus } from '../../test/support/interfaces-corpus.ts';
import { parseInterfaces } from './interfaces.ts';
import { intentOfInterfaces } from './interfaces-intent.ts';

const asText = { serializers: [(value: string) => value] };
const intentOf = (text: string, options?: Parameters<typeof intentOfInterfaces>[1]) =>
  intentOfInterfaces(parseInterfaces([{ path: INTERFACES, text }], INTERFACES), options);

for (const entry of readInterfacesCorpus()) {
  test(`what ${entry.name} says the network shall be`, (t) => {
    const dialect = entry.dialect === 'ifupdown2' ? 'ifupdown2' : 'ifupdown';
    const intent = intentOfInterfaces(parseInterfaces(entry.files, INTERFACES), { dialect });
    t.assert.fileSnapshot(intentText(intent), join(entry.directory, 'intent'), asText);
  });
}

test('patterns and regular expressions stand for the links of the host where those are known', () => {
  const text =
    'auto /eth*=lan\niface lan inet dhcp\nauto br0\niface br0 inet manual\nbridge_ports regex eth.* noregex wlan0\nbridge_hw eth1\n';
  const links = [
    { name: 'eth0', mac: '52:54:00:aa:00:01' },
    { name: 'eth1', mac: '52:54:00:aa:00:02' },
  ];
  const { links: wanted, dynamic, notUnderstood } = intentOf(text, { links });
  assert.deepEqual(notUnderstood, []);
  assert.deepEqual(
    dynamic.map(({ link }) => link),
    ['eth0', 'eth1'],
  );
  const bridge = wanted.find(({ name }) => name === 'br0');
  assert.deepEqual(bridge?.ports, ['eth0', 'eth1', 'wlan0']);
  assert.equal(bridge?.mac, '52:54:00:aa:00:02');
});

test('two addresses in one stanza are ifupdown2’s, and named as broken for ifupdown', () => {
  const text = 'auto eth0\niface eth0 inet static\naddress 192.0.2.2/24\naddress 192.0.2.3/24\n';
  for (const dialect of ['ifupdown', 'ifupdown2'] as const) {
    const { addresses, notUnderstood } = intentOf(text, { dialect });
    assert.equal(addresses.length, dialect === 'ifupdown' ? 1 : 2);
    assert.deepEqual(
      notUnderstood.map(({ spot }) => spot.line),
      dialect === 'ifupdown' ? [4] : [],
    );
  }
});

test('commands that are more than plain words are named with their line', () => {
  const lines = [
    'up ip route add $(cat /etc/net) via 192.0.2.1',
    'up for n in 1 2; do ip route add 198.18.$n.0/24 via 192.0.2.1; done',
    'up cat routes | sh',
    'up /usr/local/sbin/firewall eth0',
    'up echo nameserver 192.0.2.53 > /etc/resolv.conf',
    'up ip route add 198.18.0.0/24 via nowhere',
    'up ip -batch /etc/routes',
  ];
  const { routes, notUnderstood } = intentOf(`iface eth0 inet manual\n${lines.join('\n')}\n`);
  assert.deepEqual(routes, []);
  assert.deepEqual(
    notUnderstood.map(({ spot, text }) => `${spot.line} ${text}`),
    lines.map((line, index) => `${index + 2} ${line}`),
  );
});
