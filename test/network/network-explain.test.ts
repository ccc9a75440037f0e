import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connectSocket, createApiClient } from '../../src/api/client.ts';
import { routes } from '../../src/api/routes.ts';
import type { NetworkExplanation } from '../../src/api/types.ts';
import type { Finding } from '../../src/model/network-finding.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { eventually } from '../support/netns.ts';
import { networkFixture } from '../support/network-sample.ts';

const MAC = '00:24:21:b4:36:26';
const GUEST_MAC = '52:54:00:12:34:56';
const INTERFACES = '/etc/network/interfaces';
let lodge: LodgeInstance;

/**
 * The network of the seed, made of links: br0 over eth0 and dummy0, configured by its own interfaces file below the root. A tap stands in
 * for the dummy, which not every kernel has: its finding is tested on the seed's facts, in test/network-findings.test.ts.
 */
before(async () => {
  lodge = await LodgeInstance.open('ne');
  const { namespaces } = lodge;
  await namespaces.add('provider');
  await namespaces.add('guest');
  await namespaces.connect('host', 'eth0', 'provider', 'wire0');
  await namespaces.connect('host', 'tap0', 'guest', 'eth0');
  await namespaces.ip('provider', ['address add 192.0.2.193/26 dev wire0']);
  await namespaces.ip('guest', [`link set eth0 address ${GUEST_MAC}`, 'address add 192.0.2.250/26 dev eth0']);
  await namespaces.ip('host', [
    `link set eth0 address ${MAC}`,
    'tuntap add dev dummy0 mode tap',
    'link set dummy0 address 92:0e:c3:fe:5f:ae up',
    'link add br0 type bridge stp_state 0',
    'link set eth0 master br0',
    'link set dummy0 master br0',
    'link set br0 up',
    'address add 192.0.2.195/26 brd 188.40.110.255 dev br0',
    'route add default via 192.0.2.193 dev br0',
  ]);
  for (const { path, text } of networkFixture('seed-bridged').files) await put(path, text);
  await put('/run/network/ifstate', 'lo=lo\nbr0=br0\n');
});

after(() => lodge.close());

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(lodge.root + path), { recursive: true });
  await writeFile(lodge.root + path, text);
}

function tap(name: string, mac: string): string[] {
  return [`tuntap add dev ${name} mode tap`, `link set ${name} address ${mac}`];
}

function host(program: string, ...args: string[]) {
  return lodge.namespaces.run('host', program, args, { okExitCodes: [0, 1, 2, 7, 255] });
}

/** Of the daemon, which the first command started: a process of the command line for each would take minutes. */
async function findings(): Promise<Finding[]> {
  const api = createApiClient(() => connectSocket(lodge.layout.daemonSocket));
  return (await api.request<NetworkExplanation>('POST', routes.networkExplain, {})).findings;
}

async function found(id: string): Promise<Finding> {
  const all = await findings();
  const finding = all.find((one) => one.id === id);
  assert.ok(finding !== undefined, `${id} is not among ${all.map((one) => `${one.level} ${one.id}`).join(', ')}`);
  return finding;
}

async function isGone(id: string): Promise<void> {
  const left = (await findings()).filter((one) => one.id === id);
  assert.deepEqual(left, []);
}

/** Runs the commands of a fix; what it says about files is for the owner. */
async function mend({ fix }: Finding): Promise<void> {
  const commands = (fix ?? '').split('; ').filter((part) => /^(ip|bridge|sysctl) /.test(part));
  assert.ok(commands.length > 0, `no command in ${fix}`);
  for (const command of commands) {
    const [program = '', ...args] = command.split(' ');
    const { exitCode, stderr } = await host(program, ...args);
    assert.equal(exitCode, 0, `${command}: ${stderr}`);
  }
}

describe('a host that Lodge does not manage, with the network of the seed', () => {
  test('is shown as ip and brctl show it', async () => {
    const { exitCode, stdout } = await lodge.run(['net', 'show']);
    assert.equal(exitCode, 0);
    const shown = new Set(stdout.split('\n').map(squeezed));
    const routes = (await host('ip', 'route')).stdout.split('\n').map(squeezed).filter(Boolean);
    assert.equal(routes.length, 2);
    for (const line of routes) assert.ok(shown.has(line), `ip route says ${line}:\n${stdout}`);
    const addresses = (await host('ip', 'address', 'show', 'dev', 'br0')).stdout.split('\n').map(squeezed);
    for (const line of addresses.filter((one) => /^inet6? /.test(one))) {
      // The protocol of the address is younger than the seed.
      assert.ok(shown.has(line.replace(/ proto \S+/, '')), `ip address says ${line}:\n${stdout}`);
    }
    for (const line of (await host('brctl', 'show')).stdout.split('\n').slice(1).map(squeezed).filter(Boolean)) {
      assert.ok(shown.has(line), `brctl show says ${line}:\n${stdout}`);
    }
    const macs = (await host('brctl', 'showmacs', 'br0')).stdout.match(/..(:..){5}\s+(yes|no)/g) ?? [];
    assert.ok(macs.length >= 2);
    for (const mac of macs.map(squeezed)) assert.match(squeezed(stdout), new RegExp(mac), stdout);
    assert.match(stdout, /^ {8}the link to the provider; a port of br0/m);
  });

  test('is explained in words that name its three surprises', async () => {
    const { exitCode, stdout } = await lodge.run(['net', 'explain']);
    assert.equal(exitCode, 0);
    const text = squeezed(stdout);
    assert.match(text, /the default route \(IPv4\) is on br0, not on eth0/);
    assert.match(text, /interfaces, line 15 sets the route 192\.0\.2\.192\/26 over eth0, which is a port of br0/);
    assert.match(text, /br0 has the MAC of eth0 \(00:24:21:b4:36:26\), but nothing keeps it/);
    assert.match(text, /192\.0\.2\.195\/26 on br0 has the broadcast address 188\.40\.110\.255/);
  });

  test('the line that names eth0 fails as it says, and works as it should be written', async () => {
    const finding = await found('route-names-port');
    const line = (await readFile(lodge.root + INTERFACES, 'utf8')).split('\n')[14] ?? '';
    const before = await host('sh', '-c', line.replace(/^up /, ''));
    assert.match(before.stderr, /Network is unreachable/);
    assert.equal(before.exitCode, 7);
    const fixed = /write: (.+)$/.exec(finding.fix ?? '')?.[1] ?? '';
    const { exitCode, stderr } = await host('sh', '-c', fixed.replace(/^up /, ''));
    assert.equal(exitCode, 0, stderr);
    const text = await readFile(lodge.root + INTERFACES, 'utf8');
    await put(INTERFACES, text.replace(line, fixed));
    await isGone('route-names-port');
    await isGone('route-not-running');
    assert.equal((await found('isolated-customers-route')).level, 'note');
    await isGone('neighbours-unreachable');
  });

  test('a lower MAC takes the bridge away, and after the fix no more', async () => {
    assert.equal((await found('bridge-mac-not-pinned')).level, 'surprise');
    await lodge.namespaces.ip('host', [...tap('low0', '00:00:5e:00:53:01'), 'link set low0 master br0']);
    const finding = await found('bridge-mac-not-uplinks');
    assert.equal(finding.level, 'alarm');
    assert.match(finding.cause, /this one is low0's/);
    await mend(finding);
    await isGone('bridge-mac-not-uplinks');
    await lodge.namespaces.ip('host', [...tap('low1', '00:00:5e:00:53:00'), 'link set low1 master br0']);
    await isGone('bridge-mac-not-uplinks');
    await lodge.namespaces.ip('host', ['link delete low0', 'link delete low1']);
  });

  test('a guest that speaks on the bridge is seen', async () => {
    await isGone('foreign-mac-bridged');
    await lodge.namespaces.ip('host', ['link set tap0 master br0']);
    await lodge.namespaces.run('guest', 'ping', ['-c', '1', '-W', '2', '192.0.2.193']);
    const finding = await eventually('the guest in the forwarding database', async () =>
      (await findings()).find(({ id }) => id === 'foreign-mac-bridged'),
    );
    assert.match(finding.what, new RegExp(`${GUEST_MAC} \\(port tap0\\)`));
    const off = /ip link set dev tap0 nomaster/.exec(finding.fix ?? '')?.[0] ?? '';
    await mend({ ...finding, fix: off });
    await isGone('foreign-mac-bridged');
  });

  test('what is set wrong is an alarm, and its own fix ends it', async () => {
    const faults: [string, string[]][] = [
      ['stp-on', ['ip', 'link', 'set', 'dev', 'br0', 'type', 'bridge', 'stp_state', '1']],
      ['address-on-port', ['ip', 'address', 'add', '192.0.2.196/26', 'dev', 'eth0']],
      ['default-routes-equal', ['ip', 'route', 'append', 'default', 'via', '192.0.2.194', 'dev', 'br0']],
      ['default-route-missing', ['ip', 'route', 'delete', 'default']],
      ['proxy-arp-on-uplink', ['sysctl', '-w', 'net.ipv4.conf.br0.proxy_arp=1', 'net.ipv4.ip_forward=1']],
    ];
    for (const [id, [program = '', ...args]] of faults) {
      await isGone(id);
      assert.equal((await host(program, ...args)).exitCode, 0, id);
      const finding = await found(id);
      assert.equal(finding.level, 'alarm', id);
      await mend(
        id === 'default-routes-equal' ? { ...finding, fix: (finding.fix ?? '').replace('keep one: ', '') } : finding,
      );
      await isGone(id);
    }
  });

  test('forwarding that stops advertisements is an alarm that accept_ra=2 ends', async () => {
    await lodge.namespaces.ip('host', ['-6 route add default via fe80::1 dev br0 proto ra']).catch(async () => {
      await host('ip', '-6', 'route', 'add', 'default', 'via', 'fe80::1', 'dev', 'br0', 'proto', 'ra');
    });
    await isGone('advertisements-stopped');
    await host('sysctl', '-w', 'net.ipv6.conf.all.forwarding=1');
    await mend(await found('advertisements-stopped'));
    await isGone('advertisements-stopped');
  });
});

describe('facts from a file', () => {
  test('are explained the same elsewhere, where nothing of that host is read', async () => {
    const file = join(lodge.root, 'facts.json');
    const made = await lodge.run(['net', 'facts', '--output', file]);
    assert.equal(made.exitCode, 0, made.stderr);
    const here = await lodge.json<NetworkExplanation>(['net', 'explain', '--facts', file]);
    const elsewhere = await LodgeInstance.open('nf');
    try {
      assert.deepEqual(await elsewhere.json<NetworkExplanation>(['net', 'explain', '--facts', file]), here);
      assert.ok(here.findings.some(({ id }) => id === 'default-route-on-bridge'));
      const own = await elsewhere.json<NetworkExplanation>(['net', 'explain']);
      assert.deepEqual(
        own.findings.filter(({ level }) => level !== 'note'),
        [],
      );
    } finally {
      await elsewhere.close();
    }
  });

  test('of the wrong shape are refused with every problem', async () => {
    const file = join(lodge.root, 'broken.json');
    const facts = networkFixture('seed-bridged');
    await writeFile(
      file,
      JSON.stringify({ ...facts, hostname: 7, links: [{ ...facts.links[0], mtu: 'big' }], routes: null }),
    );
    const { exitCode, stdout } = await lodge.run(['net', 'show', '--facts', file, '--json']);
    assert.equal(exitCode, 4);
    const { error } = JSON.parse(stdout);
    assert.equal(error.code, 'VALIDATION_FAILED');
    assert.deepEqual(
      error.problems.map(({ path }: { path: string }) => path),
      ['hostname', 'links[0].mtu', 'routes'],
    );
  });
});

test('a host.yaml with mistakes is a finding, and the rest is told all the same', async () => {
  await mkdir(lodge.layout.etcDir, { recursive: true });
  await writeFile(`${lodge.layout.etcDir}/host.yaml`, 'version: 1\nprovider: nobody\n');
  assert.deepEqual((await found('host-config-unreadable')).cause.split('\n'), [
    'it has 2 mistakes',
    'host.yaml:1:1 uplink: must be given',
    'host.yaml:2:11 provider: must be one of hetzner, ovh, scaleway-dedibox, generic, got "nobody"',
  ]);
  assert.equal((await found('default-route-on-bridge')).level, 'surprise');
});

function squeezed(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
