import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, test } from 'node:test';
import type { NatNetwork } from '../../src/model/guest-network.ts';
import type { NatGuest } from '../../src/model/nat-guest.ts';
import type { HopReport } from '../../src/model/packet-report.ts';
import { makeDirectory, makeHostAndInternet, newNetwork, removeDirectory } from '../support/nat-twin.ts';
import { eventually, Namespaces } from '../support/netns.ts';
import { disagreements, plugReal, REAL_PORT } from '../support/packets-real.ts';
import { type PacketsAgent, startPacketsAgent } from '../support/packets-world.ts';

// Hosts that are not as others: with a DNS server of their own, without IPv6, with strict rp_filter.
let spaces: Namespaces;
let directory = '';
let round = 0;
let network: NatNetwork;
let agent: PacketsAgent;
let guests: [NatGuest, NatGuest];

beforeEach(async () => {
  round += 1;
  spaces = new Namespaces(`dh${round}`);
  directory = await makeDirectory();
  await makeHostAndInternet(spaces);
  network = newNetwork(directory);
  agent = startPacketsAgent(spaces, directory, network);
});

afterEach(async () => {
  await spaces.close();
  await removeDirectory(directory);
});

async function forgetNeighbours(): Promise<void> {
  for (const { name } of guests) await spaces.run(name, 'ip', ['neigh', 'flush', 'all']);
}

/** What the doctor says, after it was compared with what real guests get. */
async function judge() {
  await forgetNeighbours();
  const checks = await agent.doctor();
  const packets = checks.get('guest-packets');
  const hops = packets?.packets?.hops ?? [];
  assert.notDeepEqual(hops, [], packets?.detail);
  assert.deepEqual(await disagreements(spaces, network, guests, hops), []);
  return { checks, packets, hops };
}

const briefly = (hops: HopReport[], outcome: HopReport['outcome']) =>
  hops.filter((each) => each.outcome === outcome).map(({ hop, family }) => `${hop} ${family}`);

async function listens(where: string): Promise<void> {
  const sockets = async () => (await spaces.run('host', 'ss', ['-Hnlut'])).stdout;
  await eventually(`somebody listens at ${where}`, async () => (await sockets()).includes(where));
}

const SERVERS: Record<string, () => Promise<void>> = {
  unbound: async () => {
    const file = `${directory}/unbound.conf`;
    const server = ['interface: 0.0.0.0', 'interface: ::0', 'do-daemonize: no', 'chroot: ""', 'username: ""'];
    const lines = [...server, 'pidfile: ""', 'use-syslog: no', 'access-control: 0.0.0.0/0 refuse'];
    await writeFile(file, `server:\n${lines.map((line) => `  ${line}\n`).join('')}`);
    spaces.start('host', 'unbound', ['-d', '-c', file]);
    await listens('0.0.0.0:53 ');
    await listens('[::]:53 ');
  },
  dnsmasq: async () => {
    const words = ['--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--pid-file='];
    spaces.start('host', 'dnsmasq', words);
    await listens('0.0.0.0:53 ');
    await listens('[::]:53 ');
  },
};

for (const [name, start] of Object.entries(SERVERS)) {
  test(`${name} on every address: the doctor says that guests get DNS and DHCP, and they do`, async () => {
    await start();
    guests = await plugReal(spaces, network, agent);
    const { checks, packets, hops } = await judge();
    assert.equal(packets?.status, 'ok', packets?.detail);
    assert.deepEqual(briefly(hops, 'stopped'), []);
    const service = checks.get('name-service');
    assert.deepEqual([service?.status, service?.summary], ['ok', 'guests get DNS and DHCP from the host']);
    assert.match(service?.detail ?? '', new RegExp(`Served beside ${name} \\(pid \\d+\\) at port 53`));
  });
}

test('a rule on port 53: the doctor names it where it stops guests, and is silent where it does not', async () => {
  await SERVERS.unbound?.();
  guests = await plugReal(spaces, network, agent);
  const load = (rules: string) =>
    spaces.nft('host', `table inet mine { chain input { type filter hook input priority 0; ${rules}; }; }`);
  await load('iifname "uplink" meta l4proto { tcp, udp } th dport 53 drop');
  assert.equal((await judge()).packets?.status, 'ok');
  await load('udp dport 53 drop; tcp dport 53 reject');
  const { packets, hops } = await judge();
  assert.equal(packets?.status, 'fail');
  assert.deepEqual(briefly(hops, 'stopped'), ['dns-udp ipv4', 'dns-tcp ipv4', 'dns-udp ipv6', 'dns-tcp ipv6']);
  assert.match(packets?.detail ?? '', /inet mine input, handle \d+, "udp dport 53 drop": DNS \(IPv4 and IPv6\)/);
  assert.match(packets?.detail ?? '', /inet mine input, handle \d+, "tcp dport 53 reject[^"]*": DNS over TCP/);
  await spaces.run('host', 'sh', ['-ec', (packets?.packets?.fixes ?? []).flatMap(({ now }) => now).join('\n')]);
  assert.equal((await judge()).packets?.status, 'ok');
});

test('IPv6 switched off for the whole host: IPv4 alone is judged, and nothing is said to pass over IPv6', async () => {
  await spaces.sysctl('host', 'net.ipv6.conf.all.disable_ipv6', '1');
  guests = await plugReal(spaces, network, agent);
  const { packets, hops } = await judge();
  assert.equal(packets?.status, 'ok', packets?.detail);
  assert.match(packets?.summary ?? '', /over IPv4$/);
  assert.deepEqual(
    hops.filter(({ family, outcome }) => (family === 'ipv4') !== (outcome === 'passed')),
    [],
  );
});

test('IPv6 switched off on the uplink: guests have it among themselves, and none outside', async () => {
  await spaces.sysctl('host', 'net.ipv6.conf.uplink.disable_ipv6', '1');
  guests = await plugReal(spaces, network, agent);
  const { packets, hops } = await judge();
  assert.equal(packets?.status, 'ok', packets?.detail);
  assert.match(packets?.summary ?? '', /over IPv4$/);
  assert.deepEqual(briefly(hops, 'stopped'), []);
  assert.deepEqual(briefly(hops, 'untried'), ['out ipv6', 'in ipv6']);
});

/** Beside the first uplink, and behind it in the routing table; and an address of the internet that is far away. */
const SECOND = { host: '203.0.113.2', internet: '203.0.113.1', far: '198.51.100.9' };

async function addSecondUplink(): Promise<void> {
  await spaces.connect('host', 'uplink2', 'internet', 'eth1');
  await spaces.ip('host', [
    `address add ${SECOND.host}/24 dev uplink2`,
    `route add default via ${SECOND.internet} metric 100`,
  ]);
  await spaces.ip('internet', [`address add ${SECOND.internet}/24 dev eth1`, `address add ${SECOND.far}/32 dev lo`]);
  for (const link of ['all', 'eth0', 'eth1']) await spaces.sysctl('internet', `net.ipv4.conf.${link}.rp_filter`, '0');
}

/** Whether somebody far away gets an answer at the published port of the second uplink's address. */
async function answersFar(): Promise<boolean> {
  const target = `TCP:${SECOND.host}:${REAL_PORT},bind=${SECOND.far},connect-timeout=2`;
  const { stdout } = await spaces.run('internet', 'timeout', ['5', 'socat', '-T4', '-', target], {
    okExitCodes: [0, 1, 124],
    input: 'x\n',
  });
  return stdout.includes('SAID');
}

test('strict rp_filter everywhere: with one uplink nothing is stopped, with two the doctor says where it does', async () => {
  for (const link of ['all', 'default', 'uplink']) await spaces.sysctl('host', `net.ipv4.conf.${link}.rp_filter`, '1');
  guests = await plugReal(spaces, network, agent);
  assert.equal((await judge()).packets?.status, 'ok');

  await addSecondUplink();
  const { hops: found, fixes } = await agent.try();
  assert.deepEqual(await answersFar(), false);
  assert.deepEqual(
    found.filter(({ outcome }) => outcome === 'stopped').map(({ hop, link }) => `${hop} ${link}`),
    ['in uplink2'],
  );
  assert.deepEqual(
    fixes.map(({ now }) => now),
    [['sysctl -w net/ipv4/conf/uplink2/rp_filter=2']],
  );
  await spaces.run('host', 'sh', ['-ec', fixes.flatMap(({ now }) => now).join('\n')]);
  const { hops } = await agent.try();
  assert.deepEqual(briefly(hops, 'stopped'), []);
  await eventually('it answers far away', answersFar);
});
