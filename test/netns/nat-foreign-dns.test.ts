import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, test } from 'node:test';
import { NAME_PORTS } from '../../src/model/name-ports.ts';
import {
  configureGuest,
  INTERNET,
  type Instance,
  makeDirectory,
  makeHostAndInternet,
  newGuest,
  newNetwork,
  plugGuest,
  removeDirectory,
  startInstance,
} from '../support/nat-twin.ts';
import { eventually, Namespaces } from '../support/netns.ts';

// Servers of the host that hold 53, 67 and 547 on every address: guests are served beside them, whoever comes first.
let spaces: Namespaces;
let directory = '';
let round = 0;
const network = newNetwork('');
const web1 = newGuest(network, 1);

beforeEach(async () => {
  round += 1;
  spaces = new Namespaces(`nd${round}`);
  directory = await makeDirectory();
  await makeHostAndInternet(spaces);
  await spaces.ip('internet', ['address add fe80::53/64 dev eth0 nodad']);
  startUpstream('internet', '--interface=eth0', '198.51.100.7');
});

afterEach(async () => {
  await spaces.close();
  await removeDirectory(directory);
});

/** A DNS server that knows example.test and nothing else. */
function startUpstream(space: string, listen: string, answer: string): void {
  spaces.start(space, 'dnsmasq', [
    '--keep-in-foreground',
    '--conf-file=/dev/null',
    '--no-resolv',
    '--no-hosts',
    '--pid-file=',
    listen,
    '--bind-interfaces',
    `--address=/example.test/${answer}`,
  ]);
}

/** Each on every address of the host, and listening before the test goes on. */
const SERVERS: Record<string, () => Promise<void>> = {
  bind9: async () => {
    const file = `${directory}/named.conf`;
    const options = `directory "${directory}"; pid-file none; session-keyfile none; listen-on { any; }; listen-on-v6 { any; };`;
    await writeFile(file, `options { ${options} interface-interval 1; recursion no; };\ncontrols { };\n`);
    spaces.start('host', 'named', ['-f', '-c', file, '-u', 'root']);
    await listens(':53 ');
  },
  unbound: async () => {
    const file = `${directory}/unbound.conf`;
    const server = ['interface: 0.0.0.0', 'interface: ::0', 'do-daemonize: no', 'chroot: ""', 'username: ""'];
    const lines = [...server, 'pidfile: ""', 'use-syslog: no', 'access-control: 0.0.0.0/0 refuse'];
    await writeFile(file, `server:\n${lines.map((line) => `  ${line}\n`).join('')}`);
    spaces.start('host', 'unbound', ['-d', '-c', file]);
    await listens('0.0.0.0:53 ');
  },
  'dnsmasq with DHCP': async () => {
    const dhcp = ['--dhcp-range=192.0.2.50,192.0.2.60', '--dhcp-range=2001:db8:1:2::50,2001:db8:1:2::60'];
    const words = ['--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--pid-file='];
    spaces.start('host', 'dnsmasq', [...words, ...dhcp, `--dhcp-leasefile=${directory}/foreign-leases`]);
    await listens('0.0.0.0:53 ');
    await listens('0.0.0.0:67 ');
  },
};

async function listens(where: string): Promise<void> {
  const sockets = async () => (await spaces.run('host', 'ss', ['-Hnlut'])).stdout;
  await eventually(`somebody listens at ${where}`, async () => (await sockets()).includes(where));
}

async function openLink(): Promise<Instance> {
  await plugGuest(spaces, network, web1, { isStatic: false });
  const link = startInstance(spaces, directory, network);
  await link.call('createTap', web1.nic);
  await link.call('apply', [web1]);
  return link;
}

async function dig(...words: string[]): Promise<string> {
  const { stdout } = await spaces.run('web1', 'dig', ['+short', '+tries=1', '+time=2', ...words], {
    okExitCodes: [0, 9],
  });
  return stdout.trim();
}

async function assertServed(answer = '198.51.100.7'): Promise<void> {
  const lease = ['udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-s', '/bin/true'];
  const { stderr } = await spaces.run('web1', 'busybox', lease);
  assert.match(stderr, new RegExp(`lease of ${web1.nic.ipv4} obtained from ${network.ipv4Gateway}`));
  await configureGuest(spaces, network, web1);
  for (const server of [network.ipv4Gateway, network.ipv6Dns]) {
    for (const way of ['+notcp', '+tcp']) {
      await eventually(`DNS at ${server}`, async () => (await dig(way, `@${server}`, 'web1.lodge')) === web1.nic.ipv4);
    }
  }
  await eventually('the world', async () => (await dig(`@${network.ipv4Gateway}`, 'example.test')) === answer);
}

for (const [name, start] of Object.entries(SERVERS)) {
  test(`${name} on every address: a guest gets DHCP and DNS`, async () => {
    await start();
    const first = await openLink();
    await assertServed();
    const { stdout } = await spaces.run('web1', 'ip', ['-6', 'address', 'show', 'dev', 'eth0', 'scope', 'global']);
    assert.match(stdout, new RegExp(String(web1.nic.ipv6)), 'by router advertisements, whoever has 547');
    const config = await readFile(`${directory}/run/nat/dnsmasq.conf`, 'utf8');
    assert.equal(config.includes('ra-only'), name === 'dnsmasq with DHCP', 'DHCPv6 too, unless another has 547');
    await first.call('apply', []);
    await first.call('removeTap', web1.nic);
  });
}

test('a server that starts when guests are there gets its ports', async () => {
  await openLink();
  await SERVERS.unbound?.();
  await assertServed();
});

test('the host’s resolver is asked: systemd-resolved’s stub, a server of its own, none that is named, and one that changes', async () => {
  const file = `/etc/netns/${spaces.nameOf('host')}/resolv.conf`;
  startUpstream('host', '--listen-address=127.0.0.53', '198.51.100.53');
  startUpstream('host', '--listen-address=127.0.0.1', '198.51.100.1');
  await writeFile(file, '# nobody\n');
  const link = await openLink();
  await assertServed('198.51.100.1');
  for (const [server, answer] of [
    ['127.0.0.53', '198.51.100.53'],
    ['127.0.0.1', '198.51.100.1'],
    ['fe80::53%uplink', '198.51.100.7'],
    [INTERNET.ipv4, '198.51.100.7'],
  ]) {
    await writeFile(file, `search example\nnameserver ${server}\n`);
    if (!(await link.call('isGuarded', [web1.nic]))) await link.call('mend', [web1]);
    const asked = async () => (await dig(`@${network.ipv4Gateway}`, 'example.test')) === answer;
    await eventually(`${server} is asked`, asked, 20_000);
  }
  await writeFile(file, '');
  assert.equal(await link.call('isGuarded', [web1.nic]), false);
  await link.call('mend', [web1]);
  await eventually(
    'loopback again',
    async () => (await dig(`@${network.ipv4Gateway}`, 'example.test')) === '198.51.100.1',
  );
});

test('a resolv.conf for root alone is read, and a dnsmasq that died is started again', async () => {
  await chmod(`/etc/netns/${spaces.nameOf('host')}/resolv.conf`, 0o600);
  const link = await openLink();
  await assertServed();
  const { dnsmasqPid } = await link.call('observe');
  process.kill(Number(dnsmasqPid), 'SIGKILL');
  await eventually('it is gone', async () => (await link.call('observe')).dnsmasqPid === null);
  assert.equal(await link.call('isGuarded', [web1.nic]), false);
  await link.call('mend', [web1]);
  await assertServed();
});

test('another port is taken when the first is somebody’s; when all are, the error names who has them', async () => {
  const [first, ...others] = NAME_PORTS.dns;
  const hold = async (port: number) => {
    spaces.start('host', 'socat', [`UDP4-RECVFROM:${port},fork`, 'SYSTEM:true']);
    await listens(`0.0.0.0:${port} `);
  };
  await hold(first);
  const link = await openLink();
  await assertServed();
  await link.call('apply', []);
  for (const port of others) await hold(port);
  await assert.rejects(link.call('apply', [web1]), /no DNS and no DHCP: .*socat \(pid \d+\) at 334/);
});
