import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exec } from '../../src/host/exec.ts';
import { parseInterfaces } from '../../src/parse/interfaces.ts';
import { type EffectiveStanza, readInterfaces } from '../../src/parse/interfaces-inherit.ts';
import { intentOfInterfaces } from '../../src/parse/interfaces-intent.ts';
import { moveToBridge } from '../../src/plan/bridge-files/interfaces-bridge.ts';
import { renderInterfaces } from '../../src/render/interfaces.ts';
import { bootIn } from '../../src/twin/boot/boot.ts';
import { intentWords, runningWords } from '../support/ifup-host.ts';
import { type CorpusEntry, INTERFACES, readInterfacesCorpus } from '../support/interfaces-corpus.ts';
import { Namespaces } from '../support/netns.ts';

/**
 * ifupdown2 cannot be installed beside ifupdown: its package is unpacked in a directory of the test. Its own parser reads the corpus;
 * its own ifup configures a namespace from files that we edited. What its parser does to the words is done to ours before comparing:
 * hyphens for underscores, `$IFACE` replaced, aliases under their link's name, netmask and broadcast at the place of their address.
 */
const spaces = new Namespaces('i2');
const corpus = readInterfacesCorpus().filter(({ dialect }) => dialect === 'both' || dialect === 'ifupdown2');
const MAC = '52:54:00:12:34:56';
let scratch = '';
let answers: Record<string, Stanza[]> = {};

interface Stanza {
  name: string;
  family: string | null;
  method: string | null;
  config: Record<string, string[]>;
}

const PARSER = `
import json, subprocess, sys
from ifupdown.networkinterfaces import networkInterfaces
answers = {}
for name, directory in json.load(sys.stdin):
    subprocess.run(['mount', '--bind', directory, '/etc/network'], check=True)
    found = []
    parser = networkInterfaces()
    parser.subscribe('iface_found', found.append)
    parser.load()
    answers[name] = [
        {'name': one.name, 'family': one.addr_family[0] if one.addr_family else None,
         'method': one.addr_method, 'config': one.config} for one in found]
    assert parser.errors == 0, (name, parser.errors)
    subprocess.run(['umount', '/etc/network'], check=True)
json.dump(answers, sys.stdout)
`;

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'lodge-ifupdown2-'));
  await exec('apt-get', ['-q', 'download', 'ifupdown2'], { cwd: scratch, timeoutMs: 120_000 });
  await exec('sh', ['-c', 'dpkg -x ifupdown2_*.deb .'], { cwd: scratch });
  await spaces.add('host');
  await spaces.add('wire');
  const entries = corpus.map(({ name, directory }) => [name, directory]);
  const { stdout } = await spaces.run('host', 'python3', ['-c', PARSER], {
    input: JSON.stringify(entries),
    env: { PYTHONPATH: join(scratch, 'usr/share/ifupdown2'), PYTHONDONTWRITEBYTECODE: '1' },
  });
  answers = JSON.parse(stdout);
});
after(async () => {
  await spaces.close();
  await rm(scratch, { recursive: true, force: true });
});

for (const entry of corpus) {
  test(`ifupdown2's parser agrees on ${entry.name}`, () => {
    const theirs = answers[entry.name];
    assert.ok(theirs && theirs.length > 0);
    assert.deepEqual(theirs, stanzasOf(entry));
  });
}

test("ifupdown2's parser does not agree with an option that was changed", () => {
  const entry = corpus.find(({ name }) => name === 'hetzner-debian-image');
  assert.ok(entry);
  const files = entry.files.map(({ path, text }) => ({ path, text: text.replace('netmask 64', 'netmask 65') }));
  assert.notDeepEqual(answers[entry.name], stanzasOf({ ...entry, files }));
});

test('ifup of ifupdown2 makes the bridge as well, with its MAC, from the same files', async () => {
  const entry = corpus.find(({ name }) => name === 'hetzner-point-to-point');
  assert.ok(entry);
  await spaces.connect('host', 'enp4s0', 'wire', 'w0');
  await spaces.ip('host', [`link set enp4s0 address ${MAC}`]);
  const input = { uplink: 'enp4s0', bridge: 'lodge0', mac: MAC };
  const files = renderInterfaces(moveToBridge(parseInterfaces(entry.files, INTERFACES), input).document);
  const boot = await bootIn(spaces.nameOf('host'), {
    owner: 'ifupdown2',
    files: files.map((file) => ({ ...file, mode: 0o644 })),
    leases: {},
    hardware: [{ name: 'enp4s0', permanentMac: MAC }],
    binds: [
      { from: join(scratch, 'usr/share/ifupdown2'), to: '/usr/share/ifupdown2' },
      { from: join(scratch, 'etc/network/ifupdown2'), to: '/etc/network/ifupdown2' },
    ],
  });
  assert.deepEqual(boot.ran && boot.failures, []);
  const intent = intentOfInterfaces(parseInterfaces(files, INTERFACES), { dialect: 'ifupdown2' });
  assert.deepEqual(await runningWords(spaces, 'host'), intentWords(intent));
  assert.equal(intent.routes.length, 2);
  for (const route of intent.routes) {
    const family = route.family === 'ipv4' ? '-4' : '-6';
    const { stdout } = await spaces.run('host', 'ip', [family, 'route', 'show', 'default']);
    assert.match(stdout, new RegExp(`via ${route.via} dev lodge0 .*onlink`));
  }
  const { stdout } = await spaces.run('host', 'ip', ['-j', 'link']);
  const links: { ifname: string; address: string; master?: string }[] = JSON.parse(stdout);
  assert.equal(links.find(({ ifname }) => ifname === 'lodge0')?.address, MAC);
  assert.equal(links.find(({ ifname }) => ifname === 'enp4s0')?.master, 'lodge0');
});

function stanzasOf({ files }: CorpusEntry): Stanza[] {
  return readInterfaces(parseInterfaces(files, INTERFACES), 'tolerant').stanzas.map(stanzaOf);
}

function stanzaOf({ node, name }: EffectiveStanza): Stanza {
  const config: Record<string, string[]> = {};
  for (const line of node.body) {
    if (line.kind !== 'option') continue;
    const option = line.name.replaceAll('_', '-');
    const values = config[option] ?? [];
    const addresses = config.address ?? [];
    if (['scope', 'netmask', 'broadcast', 'preferred-lifetime'].includes(option)) {
      if (addresses.length === 0) continue;
      while (values.length < addresses.length - 1) values.push('');
    }
    values.push(line.value.replaceAll('$IFACE', name));
    config[option] = values;
  }
  return { name: name.split(':')[0] ?? name, family: node.family, method: node.method, config };
}
