import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { parseInterfaces } from '../../src/parse/interfaces.ts';
import { intentOfInterfaces } from '../../src/parse/interfaces-intent.ts';
import { portlessBridge } from '../../src/plan/bridge-files/bridge-options.ts';
import { moveToBridge } from '../../src/plan/bridge-files/interfaces-bridge.ts';
import { renderInterfaces } from '../../src/render/interfaces.ts';
import { appendInterface } from '../../src/render/interfaces-edit.ts';
import { addMissing } from '../../src/render/interfaces-missing.ts';
import { runInRoom } from '../../src/twin/boot/run-room.ts';
import { intentWords, runningWords } from '../support/ifup-host.ts';
import { INTERFACES, readInterfacesCorpus } from '../support/interfaces-corpus.ts';
import { Namespaces } from '../support/netns.ts';

/**
 * Debian's own ifup, with bridge-utils, configures a namespace from files of the corpus. What then runs is what our parser says of the
 * files: every address and every route, and no other. The same after the files were edited for a bridge.
 */
const MAC = '52:54:00:12:34:56';
const corpus = new Map(readInterfacesCorpus().map((entry) => [entry.name, entry]));
const spaces = new Namespaces('if');

before(async () => {
  await spaces.add('host');
  await spaces.add('wire');
});
after(() => spaces.close());
// Links and all that was configured on them; loopback's addresses are in no test but the last.
afterEach(async () => {
  for (const name of plugged.splice(0)) await spaces.run('host', 'ip', ['link', 'delete', name]);
  const { stdout } = await spaces.run('host', 'ip', ['-j', 'link', 'show', 'type', 'bridge']);
  for (const { ifname } of JSON.parse(stdout || '[]')) await spaces.run('host', 'ip', ['link', 'delete', ifname]);
  for (const family of ['-4', '-6']) await spaces.run('host', 'ip', [family, 'route', 'flush', 'type', 'unreachable']);
  assert.deepEqual(await runningWords(spaces, 'host'), []);
});
const plugged: string[] = [];

/** With the links that the files name; shapes that are edited below are tried there. Left out are shapes that need DHCP, modules this kernel may not have, or programs of others. */
const DELIVERED: Record<string, string[]> = {
  'continuation-lines': ['eth0', 'eth1'],
  'dos-line-ends': ['eth0'],
  'netmask-forms': ['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7'],
  'proxmox-bridged': ['eno1', 'eno2'],
  'proxmox-routed': ['enp0s31f6'],
  'several-stanzas': ['eth0'],
};

for (const [name, links] of Object.entries(DELIVERED)) {
  test(`ifup makes of ${name} what we read in it`, async () => {
    await plugIn(links);
    const files = filesOf(name);
    await ifup(files);
    assert.deepEqual(await runningWords(spaces, 'host'), intentWords(read(files)));
  });
}

const MOVED: Record<string, string> = {
  'cloud-init': 'eth0',
  'dedibox-failover-alias': 'eth0',
  'hetzner-debian-image': 'eno1',
  'hetzner-point-to-point': 'enp4s0',
  'netcup-on-link': 'eth0',
};

for (const [name, uplink] of Object.entries(MOVED)) {
  test(`ifup makes the bridge that ${name} was edited for, with the uplink's MAC`, async () => {
    await plugIn([uplink]);
    const before = filesOf(name);
    const input = { uplink, bridge: 'lodge0', mac: MAC };
    const files = renderInterfaces(moveToBridge(parseInterfaces(before, INTERFACES), input).document);
    await ifup(files);
    const running = await runningWords(spaces, 'host');
    assert.deepEqual(running, intentWords(read(files)));
    assert.deepEqual(
      running,
      intentWords(read(before))
        .map((line) => line.replaceAll(new RegExp(`\\b${uplink}\\b`, 'g'), 'lodge0'))
        .sort(),
    );
    await assertBridge('lodge0', [uplink]);
  });
}

test('a command that still names the uplink makes ifup fail: what the edit is for', async () => {
  await plugIn(['eno1']);
  const input = { uplink: 'eno1', bridge: 'lodge0', mac: MAC };
  const { document } = moveToBridge(parseInterfaces(filesOf('hetzner-debian-image'), INTERFACES), input);
  const files = renderInterfaces(document).map(({ path, text }) => {
    return { path, text: text.replace('dev lodge0', 'dev eno1') };
  });
  await assert.rejects(ifup(files), /Network is unreachable/);
});

test('ifup makes a bridge of its own beside the uplink, in both families, before it has a guest', async () => {
  await plugIn(['eth0']);
  const stanzas = portlessBridge({ bridge: 'lodge0', mac: MAC }, [
    { family: 'ipv4', options: [['address', '203.0.113.1/29']] },
    { family: 'ipv6', options: [['address', '2001:db8:1:2::1/64']] },
  ]);
  const document = parseInterfaces(filesOf('no-final-newline'), INTERFACES);
  const files = renderInterfaces(appendInterface(document, INTERFACES, stanzas, true));
  // A kernel that checks for duplicates would wait for a carrier for ever.
  await spaces.sysctl('host', 'net.ipv6.conf.default.accept_dad', '1');
  await ifup(files);
  assert.deepEqual(await runningWords(spaces, 'host'), intentWords(read(files)));
  await assertBridge('lodge0', []);
});

test('what is added because it runs comes with ifup, and a second time is no error', async () => {
  await plugIn(['eth0']);
  const document = addMissing(parseInterfaces(filesOf('no-final-newline'), INTERFACES), 'eth0', {
    addresses: [
      { family: 'ipv4', address: '198.51.100.20', prefixLength: 32, peer: null },
      { family: 'ipv6', address: '2001:db8::2', prefixLength: 64, peer: null },
    ],
    routes: [
      { family: 'ipv4', destination: '192.0.2.0/24', type: 'unicast', via: '192.0.2.1', metric: null, isOnLink: false },
      { family: 'ipv4', destination: '198.18.0.0/15', type: 'unicast', via: '198.51.100.1', metric: 5, isOnLink: true },
      { family: 'ipv4', destination: '203.0.113.0/29', type: 'unreachable', via: null, metric: null, isOnLink: false },
      { family: 'ipv6', destination: '2001:db8:9::/48', type: 'unicast', via: null, metric: null, isOnLink: false },
    ],
    takesAdvertisements: true,
  });
  const files = renderInterfaces(document);
  assert.deepEqual(read(files).notUnderstood, []);
  await ifup(files);
  assert.deepEqual(await runningWords(spaces, 'host'), intentWords(read(files)));
  const { stdout } = await spaces.run('host', 'ip', ['-4', 'route', 'get', '192.0.2.77']);
  assert.match(stdout, /via 192\.0\.2\.1 /, 'neighbours are reached through the gateway');
  await ifup(files, 'ifup --force eth0', /already|File exists/);
});

function filesOf(name: string): { path: string; text: string }[] {
  const entry = corpus.get(name);
  assert.ok(entry, name);
  return entry.files;
}

function read(files: readonly { path: string; text: string }[]) {
  return intentOfInterfaces(parseInterfaces(files, INTERFACES));
}

/** Each link is a cable to a switch that is up: the first has the MAC that the bridge shall have. */
async function plugIn(links: readonly string[]): Promise<void> {
  for (const [index, link] of links.entries()) {
    await spaces.connect('host', link, 'wire', `w${index}`);
    plugged.push(link);
    if (index === 0) await spaces.ip('host', [`link set ${link} address ${MAC}`]);
    await spaces.ip('host', [`link set ${link} down`]);
  }
}

/** By the twin's own means: what `net prove` runs is what is tried here. */
async function ifup(
  files: readonly { path: string; text: string }[],
  command = 'ifup --all',
  tolerated = /(?!)/,
): Promise<void> {
  const room = { files: files.map((file) => ({ ...file, mode: 0o644 })), leases: {} };
  const { exitCode, said } = await runInRoom(spaces.nameOf('host'), room, command, 60);
  if (exitCode !== 0 && !tolerated.test(said)) throw new Error(`ifup ended with ${exitCode}: ${said}`);
}

async function assertBridge(name: string, ports: readonly string[]): Promise<void> {
  const { stdout } = await spaces.run('host', 'ip', ['-j', '-d', 'link']);
  const links: { ifname: string; address: string; master?: string; linkinfo?: { info_data?: object } }[] =
    JSON.parse(stdout);
  const bridge = links.find(({ ifname }) => ifname === name);
  assert.equal(bridge?.address, MAC);
  const { stp_state, forward_delay } = { stp_state: -1, forward_delay: -1, ...bridge?.linkinfo?.info_data };
  assert.deepEqual([stp_state, forward_delay], [0, 0]);
  const found = links.filter(({ master }) => master === name).map(({ ifname }) => ifname);
  assert.deepEqual(found, ports);
}
