import assert from 'node:assert/strict';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { isLodgeError } from '../../src/base/errors.ts';
import { readHostConfig } from '../../src/engine/network/host-file.ts';
import type { HostImport } from '../../src/model/host-import.ts';
import type { NetworkFacts } from '../../src/model/network-facts.ts';
import { renderHostSchema } from '../../src/render/host-schema.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';

/** What Hetzner's installer writes, with a line that nobody understands. */
const INTERFACES = `### Hetzner Online GmbH installimage

auto lo
iface lo inet loopback

auto eth0
iface eth0 inet static
  address 192.0.2.200
  netmask 255.255.255.192
  gateway 192.0.2.193
  up route add -net 192.0.2.192 netmask 255.255.255.192 gw 192.0.2.193 dev eth0
  up /usr/local/bin/tell-somebody

iface eth0 inet6 static
  address 2001:db8:1:2::2
  netmask 64
  gateway fe80::1
`;

let lodge: LodgeInstance;
let file = '';

before(async () => {
  lodge = await LodgeInstance.open('lgni');
  file = `${lodge.layout.etcDir}/host.yaml`;
  await lodge.namespaces.add('wire');
  await lodge.namespaces.connect('host', 'eth0', 'wire', 'wire0');
  await lodge.namespaces.ip('host', [
    'link set eth0 address 02:00:5e:10:00:01',
    'address add 192.0.2.200/26 dev eth0',
    'address add 2001:db8:1:2::2/64 dev eth0 nodad',
    'route add default via 192.0.2.193',
    'route prepend 192.0.2.192/26 via 192.0.2.193 dev eth0',
    'route add default via fe80::1 dev eth0',
  ]);
  await mkdir(`${lodge.root}/etc/network`, { recursive: true });
  await writeFile(`${lodge.root}/etc/network/interfaces`, INTERFACES);
});
after(() => lodge.close());

test('without host.yaml it is said to be missing, and how to get one', async () => {
  await assert.rejects(readHostConfig(lodge.layout), (error) => isLodgeError(error, 'HOST_CONFIG_MISSING'));
});

test('a dry run tells everything and writes nothing', async () => {
  const { exitCode, stdout, stderr } = await lodge.run(['net', 'import', '--dry-run']);
  assert.equal(exitCode, 0, stderr);
  assert.match(stdout, /^provider +hetzner +a configuration file was written by Hetzner's installer/m);
  assert.match(stdout, /^ipv6 +2001:db8:1:2::\/64 via fe80::1, routed/m);
  assert.match(stdout, /\/etc\/network\/interfaces:12: up \/usr\/local\/bin\/tell-somebody/);
  assert.match(stdout, /would be written to .*host\.yaml:/);
  await assert.rejects(stat(file));
});

test('import writes host.yaml and its schema, and the second time nothing', async () => {
  const first = await lodge.json<HostImport>(['net', 'import']);
  assert.deepEqual([first.state, first.written, first.path], ['new', true, file]);
  assert.deepEqual(first.config.uplink, { name: 'eth0', mac: '02:00:5e:10:00:01' });
  assert.deepEqual(await readHostConfig(lodge.layout), first.config);
  assert.equal(await readFile(file, 'utf8'), first.text);
  assert.equal(await readFile(`${lodge.layout.etcDir}/host.schema.json`, 'utf8'), renderHostSchema());
  const second = await lodge.json<HostImport>(['net', 'import']);
  assert.deepEqual([second.state, second.written, second.difference], ['same', false, []]);
});

test('what the owner adds and comments stays', async () => {
  const extras = 'extraIpv4:\n  # for the shop\n  - kind: single\n    address: 198.51.100.20\n';
  const text = (await readFile(file, 'utf8')).replace('extraIpv4: []\n', extras);
  await writeFile(file, text);
  const again = await lodge.json<HostImport>(['net', 'import']);
  assert.equal(again.state, 'same');
  assert.equal(await readFile(file, 'utf8'), text);
});

test('a host.yaml that says something else is shown and not written over, unless it is asked for', async () => {
  const before = (await readFile(file, 'utf8')).replace('address: 192.0.2.200', 'address: 192.0.2.201');
  await writeFile(file, before);
  const refused = await lodge.run(['net', 'import']);
  assert.equal(refused.exitCode, 4);
  assert.match(
    refused.stderr,
    /says something else than what was found:\n {2}- {3}address: 192\.0\.2\.201\n {2}\+ {3}address: 192\.0\.2\.200\n/,
  );
  assert.match(refused.stderr, /lodge net import --replace/);
  assert.equal(await readFile(file, 'utf8'), before);
  const done = await lodge.run(['net', 'import', '--replace']);
  assert.equal(done.exitCode, 0, done.stderr);
  const written = await readFile(file, 'utf8');
  assert.match(written, /# for the shop\n {2}- kind: single\n {4}address: 198\.51\.100\.20/);
  assert.match(written, /address: 192\.0\.2\.200/);
  assert.equal(await readFile(`${file}.before`, 'utf8'), before);
});

test('a host.yaml with mistakes is refused with all of them, by line and column', async () => {
  const good = await readFile(file, 'utf8');
  await writeFile(file, 'version: 1\nprovider: hezner\nuplink:\n  name: eth0\n  mak: 02:00:00:00:00:01\n');
  const { exitCode, stdout } = await lodge.run(['net', 'import', '--json']);
  assert.equal(exitCode, 4);
  const { error } = JSON.parse(stdout) as { error: { code: string; problems: { path: string }[] } };
  assert.equal(error.code, 'VALIDATION_FAILED');
  assert.deepEqual(
    error.problems.map(({ path }) => path),
    ['host.yaml:2:11 provider', 'host.yaml:4:3 uplink.mac', 'host.yaml:5:3 uplink.mak'],
  );
  await writeFile(file, good);
});

test('facts go to the standard output, or into a file that only its owner reads', async () => {
  const facts = await lodge.json<NetworkFacts>(['net', 'facts']);
  assert.deepEqual(facts.links.map(({ name }) => name).sort(), ['eth0', 'lo']);
  assert.ok(
    facts.files.some(({ path }) => path === '/etc/network/interfaces'),
    'paths are as seen from the root',
  );
  const target = `${lodge.root}/facts.json`;
  const { exitCode, stdout } = await lodge.run(['net', 'facts', '--output', target]);
  assert.equal(exitCode, 0);
  assert.match(stdout, /has 2 links and \d+ files, without secrets/);
  assert.deepEqual((JSON.parse(await readFile(target, 'utf8')) as NetworkFacts).routes, facts.routes);
  assert.equal((await stat(target)).mode & 0o777, 0o600);
});

test('a host without a way out is refused in words', async () => {
  // With it the owner says which link it is.
  await rm(file);
  await lodge.namespaces.ip('host', ['route delete default', 'address flush dev eth0']);
  await lodge.namespaces.run('host', 'ip', ['-6', 'route', 'flush', 'default'], { okExitCodes: [0, 1, 2] });
  const { exitCode, stderr } = await lodge.run(['net', 'import']);
  assert.equal(exitCode, 4);
  assert.match(stderr, /no link leads to the provider: there is no default route \(there are eth0\)/);
});
