import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { InterfacesDocument } from '../src/model/interfaces-document.ts';
import { parseInterfaces } from '../src/parse/interfaces.ts';
import { intentOfInterfaces } from '../src/parse/interfaces-intent.ts';
import type { NetworkText } from '../src/parse/networkd-files.ts';
import { portlessBridge } from '../src/plan/bridge-files/bridge-options.ts';
import { mendBridge, moveToBridge } from '../src/plan/bridge-files/interfaces-bridge.ts';
import { renderInterfaces } from '../src/render/interfaces.ts';
import { appendInterface } from '../src/render/interfaces-edit.ts';
import { assertLayout, bridgedInput } from './support/bridge-layout.ts';
import { UPLINKS } from './support/interfaces-bridged.ts';
import { type CorpusEntry, INTERFACES, readInterfacesCorpus } from './support/interfaces-corpus.ts';

const BRIDGE = { name: 'lodge0', mac: '52:54:00:12:34:56' };
const MENDED = [
  ['seed-after', 'eth0', 'br0'],
  ['proxmox-bridged', 'eno1', 'vmbr0'],
  ['ovh-bridge-failover', 'eno1', 'vmbr0'],
  ['bridge-without-ports', 'eth0', 'br0'],
] as const;

const corpus = new Map(readInterfacesCorpus().map((entry) => [entry.name, entry]));
const asText = { serializers: [(value: string) => value] };
const golden = (name: string) => join(import.meta.dirname, 'golden/interfaces', `${name}.txt`);
const parse = (files: readonly NetworkText[]) => parseInterfaces(files, INTERFACES);
const read = (files: readonly NetworkText[]) => intentOfInterfaces(parse(files));

for (const [name, uplink] of Object.entries(UPLINKS)) {
  test(`${name}: a bridge gets what ${uplink} had, and ${uplink} has none of it`, (t) => {
    const entry = entryOf(name);
    const edit = moveToBridge(parse(entry.files), { uplink, bridge: BRIDGE.name, mac: BRIDGE.mac });
    const files = renderInterfaces(edit.document);
    assert.deepEqual(parse(files), edit.document, 'what was edited is not what would be read');
    const intent = read(files);
    assertLayout(intent, bridgedInput({ files: entry.files, links: [] }, read, uplink, BRIDGE));
    assert.ok(intent.links.find((link) => link.name === BRIDGE.name)?.isAutomatic, 'the bridge is not made at boot');
    assert.deepEqual(commentsOf(files), commentsOf(entry.files));
    assert.deepEqual(otherLines(parse(files), [uplink, BRIDGE.name]), otherLines(parse(entry.files), [uplink]));
    t.assert.fileSnapshot(page(files, entry), golden(name), asText);
  });
}

for (const [name, uplink, bridge] of MENDED) {
  test(`${name}: the bridge that is there is pinned, its commands name it, and twice is as once`, (t) => {
    const entry = entryOf(name);
    const input = { uplink, bridge, mac: BRIDGE.mac };
    const { document } = mendBridge(parse(entry.files), input);
    const files = renderInterfaces(document);
    assert.deepEqual(parse(files), document);
    const { links, addresses, routes } = read(files);
    const made = links.find((link) => link.name === bridge);
    assert.deepEqual([made?.mac, made?.stp, made?.forwardDelaySec], [BRIDGE.mac, false, 0]);
    assert.ok(routes.every(({ link }) => link !== uplink));
    assert.equal(addresses.length, read(entry.files).addresses.length);
    assert.deepEqual(renderInterfaces(mendBridge(document, input).document), files);
    t.assert.fileSnapshot(page(files, entry), golden(`${name}-mended`), asText);
  });
}

test('the line of the seed that still named eth0 is told with its place', () => {
  const { files } = entryOf('seed-after');
  const { corrected } = mendBridge(parse(files), { uplink: 'eth0', bridge: 'br0', mac: BRIDGE.mac });
  assert.deepEqual(corrected, [
    {
      spot: { path: INTERFACES, line: 15 },
      before: 'up route add -net 192.0.2.192 netmask 255.255.255.192 gw 192.0.2.193 eth0',
      after: 'up route add -net 192.0.2.192 netmask 255.255.255.192 gw 192.0.2.193 br0',
    },
  ]);
});

test('a name is corrected where it is the link, and nowhere else', () => {
  const lines = [
    ['up ip route add 198.18.0.0/15 dev eth0', 'up ip route add 198.18.0.0/15 dev br0'],
    ['up ip -6 route add default via fe80::1%eth0', 'up ip -6 route add default via fe80::1%br0'],
    // A setting of the port can be made whenever the port is there, and stays one.
    ['up sysctl -w net.ipv4.conf.eth0.rp_filter=0', null],
    ['up echo 1 > /proc/sys/net/ipv4/conf/eth0/arp_ignore', null],
    ['pre-up ip addr flush dev eth0', null],
    ['pre-up ifconfig eth0 0.0.0.0 promisc up', null],
    ['up iptables -t nat -A POSTROUTING -o "eth0" -j ACCEPT', 'up iptables -t nat -A POSTROUTING -o "br0" -j ACCEPT'],
    ['up ip route add 198.18.0.0/15 dev eth0.100', null],
    ['up ip route add 198.18.0.0/15 dev veth0', null],
    ['up ip addr add 192.0.2.9/32 dev eth00', null],
    ['up ip link set dev eth0 txqueuelen 1000', null],
    ['up ethtool -K eth0 gro off', null],
  ] as const;
  for (const [before, after] of lines) {
    const text = `iface eth1 inet manual\n  ${before}\n`;
    const edit = mendBridge(parse([{ path: INTERFACES, text }]), { uplink: 'eth0', bridge: 'br0', mac: BRIDGE.mac });
    assert.equal(renderInterfaces(edit.document)[0]?.text, text.replace(before, after ?? before));
    assert.deepEqual(edit.doubtful, []);
    assert.equal(edit.corrected.length, after === null ? 0 : 1);
  }
});

test('hardware stays with the uplink, its comments too; what nobody can judge stays too, and is told', () => {
  const text = `auto eth0
iface eth0 inet static
  # big frames
  mtu 9000
  # the address
  address 192.0.2.2/24
  # offloads
  post-up ethtool -K $IFACE gro off
  up /usr/local/sbin/firewall eth0
`;
  const edit = moveToBridge(parse([{ path: INTERFACES, text }]), { uplink: 'eth0', bridge: 'br0', mac: BRIDGE.mac });
  const after = renderInterfaces(edit.document)[0]?.text ?? '';
  assert.ok(
    after.startsWith(
      'auto eth0\niface eth0 inet manual\n  mtu 9000\n  # offloads\n  post-up ethtool -K $IFACE gro off\n  up /usr/local/sbin/firewall eth0\n\n',
    ),
    after,
  );
  assert.ok(after.endsWith('  # big frames\n  mtu 9000\n  # the address\n  address 192.0.2.2/24\n'));
  assert.deepEqual(edit.doubtful, [{ spot: { path: INTERFACES, line: 9 }, text: 'up /usr/local/sbin/firewall eth0' }]);
});

test('a command that wants the bridge to be there is run when it is, and one that nobody can judge is not about the bridge', () => {
  const text = `auto eth0
iface eth0 inet static
  address 192.0.2.2/24
  up ip route add 198.18.0.0/15 via 192.0.2.1
  # loose
  pre-up sysctl -w net.ipv4.conf.eth0.rp_filter=0
  pre-up echo 0 > /proc/sys/net/ipv4/conf/$IFACE/send_redirects
  pre-up ip addr flush dev eth0
  pre-up iptables -A INPUT -i eth0 -j ACCEPT
  pre-up iptables-restore < /etc/iptables.rules
  up systemctl restart fail2ban
  up if [ -e /etc/x ]; then ip route add 198.18.0.0/16 dev eth0; fi
  down ip route del 198.18.0.0/15 dev eth0
iface eth0 inet6 static
  address 2001:db8::2/64
  pre-up sysctl -w net.ipv6.conf.eth0.autoconf=0
  up ethtool -K eth0 gro off`;
  const edit = moveToBridge(parse([{ path: INTERFACES, text }]), { uplink: 'eth0', bridge: 'br0', mac: BRIDGE.mac });
  const after = renderInterfaces(edit.document)[0]?.text ?? '';
  const [port = '', bridge = ''] = after.split('auto br0\n');
  assert.equal(
    port,
    `auto eth0
iface eth0 inet manual
  pre-up ip addr flush dev eth0
  up systemctl restart fail2ban
  up if [ -e /etc/x ]; then ip route add 198.18.0.0/16 dev eth0; fi
  up ethtool -K eth0 gro off

`,
  );
  assert.equal(
    bridge.replace(/^ +(bridge_|hwaddress).*\n/gm, ''),
    `iface br0 inet static
  address 192.0.2.2/24
  # loose
  up sysctl -w net.ipv4.conf.br0.rp_filter=0
  up echo 0 > /proc/sys/net/ipv4/conf/$IFACE/send_redirects
  up ip route add 198.18.0.0/15 via 192.0.2.1
  pre-up iptables -A INPUT -i br0 -j ACCEPT
  pre-up iptables-restore < /etc/iptables.rules
  down ip route del 198.18.0.0/15 dev br0
iface br0 inet6 static
  address 2001:db8::2/64
  pre-up sysctl -w net.ipv6.conf.br0.autoconf=0
`,
  );
  assert.deepEqual(
    edit.doubtful.map(({ spot }) => spot.line),
    [11, 12],
  );
});

test('a bridge of its own is added at the end, in both families', (t) => {
  const entry = entryOf('no-final-newline');
  const stanzas = portlessBridge({ bridge: BRIDGE.name, mac: BRIDGE.mac }, [
    { family: 'ipv4', options: [['address', '203.0.113.1/29']] },
    { family: 'ipv6', options: [['address', '2001:db8:1:2::1/64']] },
  ]);
  const document = appendInterface(parse(entry.files), INTERFACES, stanzas, true);
  const files = renderInterfaces(document);
  assert.deepEqual(parse(files), document);
  t.assert.fileSnapshot(page(files, entry), golden('own-bridge'), asText);
  const { addresses, notUnderstood } = read(files);
  const own = addresses.filter(({ link }) => link === BRIDGE.name).map(({ address }) => address);
  assert.deepEqual(own, ['203.0.113.1', '2001:db8:1:2::1']);
  assert.deepEqual(notUnderstood, []);
});

function entryOf(name: string): CorpusEntry {
  const entry = corpus.get(name);
  assert.ok(entry, name);
  return entry;
}

/** Stanzas of other interfaces, as they are written. */
function otherLines(document: InterfacesDocument, names: readonly string[]): string[] {
  const isTheirs = (name: string | null) => names.some((one) => name === one || name?.startsWith(`${one}:`));
  const uplink = names[0] ?? '';
  return document.files.flatMap(({ nodes }) =>
    nodes
      .filter((node) => node.kind === 'iface' && !isTheirs(node.name))
      .flatMap((node) => [node.raw, ...('body' in node ? node.body.map(({ raw }) => raw) : [])])
      .filter((raw) => !raw.includes(uplink) && !raw.includes(BRIDGE.name)),
  );
}

function commentsOf(files: readonly NetworkText[]): string[] {
  const lines = files.flatMap(({ text }) => text.split(/\r?\n/)).map((line) => line.trim());
  return lines.filter((line) => line.startsWith('#')).sort();
}

/** Only the files that changed. */
function page(files: readonly NetworkText[], { files: before }: CorpusEntry): string {
  const changed = files.filter(({ path, text }) => before.find((file) => file.path === path)?.text !== text);
  return changed.map(({ path, text }) => `--- ${path}\n${text.replaceAll('\r', '<CR>')}`).join('\n');
}
