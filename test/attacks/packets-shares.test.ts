import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, before, beforeEach, test } from 'node:test';
import { unwrap } from '../../src/base/parsed.ts';
import { GATEWAY_MAC } from '../../src/engine/nat/tap.ts';
import { openFrameSocket } from '../../src/host/frame-socket.ts';
import { parsePublish } from '../../src/model/published-port.ts';
import { dnsQuestion, isAnsweredByTcp } from '../support/dns-question.ts';
import { ethernet, ipv6 } from '../support/frames.ts';
import { discovery, ipv4Packet, summed4, udpHead } from '../support/hostile-frames.ts';
import { HOST, INTERNET, type Instance, newGuest } from '../support/nat-twin.ts';
import { NatWorld } from '../support/nat-world.ts';
import { eventually } from '../support/netns.ts';

/** What the host has one table of for all: a guest that takes its share leaves the others theirs. */
const SHARE = 60;
const world = new NatWorld('ps');
const { spaces, network } = world;
const greedy = newGuest(network, 1, [], [unwrap(parsePublish('8080:7000'))]);
const honest = newGuest(network, 2, [greedy]);
const third = newGuest(network, 3, [greedy, honest]);
Object.assign(greedy.nic, { maxConnections: SHARE });
const { mac, tap, ipv4: own4 = '' } = greedy.nic as Record<'mac' | 'tap' | 'ipv4', string>;
let link: Instance;

/** Takes connections and holds them; says what it hears back. */
const HOLDER = `
for (const host of ['0.0.0.0', '::'])
  require('node:net').createServer((socket) => socket.on('error', () => {}).on('data', (data) => socket.write(data)))
    .listen({ port: 7000, host, ipv6Only: true, backlog: 4096 }, () => console.log('listening'));
`;
/** Begins so many connections, holds them, and says how many were made, each time there is one more; a line on stdin closes so many. */
const OPENER = `
const [host, port, count] = process.argv.slice(1);
const open = [];
let made = 0;
for (let number = 0; number < Number(count); number += 1) {
  const socket = require('node:net').connect({ host, port: Number(port) }, () => {
    open.push(socket);
    made += 1;
    socket.write('x');
    console.log(made);
  });
  socket.on('error', () => {}).on('data', () => {});
}
process.stdin.on('data', (text) => { for (const socket of open.splice(0, Number(text))) socket.destroy(); });
`;

before(async () => {
  link = await world.begin([greedy, honest]);
  for (const space of ['internet', 'web1', 'web2']) {
    const holder = spaces.start(space, process.execPath, ['-e', HOLDER]);
    await new Promise((resolve) => holder.stdout?.once('data', resolve));
  }
});

after(() => world.end());

/** Each attack begins with a whole share. */
beforeEach(async () => {
  for (const end of ['--orig-src', '--reply-src']) {
    for (const [family, address] of [
      ['ipv4', greedy.nic.ipv4],
      ['ipv6', greedy.nic.ipv6],
    ]) {
      await spaces.run('host', 'conntrack', ['-D', '-f', `${family}`, end, `${address}`], { okExitCodes: [0, 1] });
    }
  }
});

interface Opener {
  child: ChildProcess;
  made: () => number;
}

function open(space: string, host: string, port: number, count: number): Opener {
  const child = spaces.start(space, process.execPath, ['-e', OPENER, host, String(port), String(count)]);
  let made = 0;
  if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => (made = Number(line)));
  return { child, made: () => made };
}

/** All of them, and then they are closed. */
async function opens(space: string, host: string, port = 7000, count = 50): Promise<void> {
  const opener = open(space, host, port, count);
  await eventually(`${space} has ${count} new connections to ${host}`, () => opener.made() === count);
  opener.child.kill('SIGKILL');
}

const refused = async (counter: string) => (await link.call('observe')).refusedPackets[counter] ?? 0;

async function entriesOf(address: string): Promise<number> {
  const { stdout } = await spaces.run('host', 'conntrack', ['-L', '-s', address]);
  return stdout.split('\n').filter(Boolean).length;
}

async function othersHaveRoom(): Promise<void> {
  await opens('host', INTERNET.ipv4);
  await opens('host', INTERNET.ipv6);
  await opens('web2', INTERNET.ipv4);
  await opens('web2', INTERNET.ipv6);
  // The owner's way in, to the greedy one too.
  await opens('host', `${greedy.nic.ipv4}`);
  await opens('host', `${greedy.nic.ipv6}`);
}

test('a guest that takes all the connections it can get has its share, and no more when the rules are written anew', async () => {
  const hoard = open('web1', INTERNET.ipv4, 7000, SHARE + 40);
  await eventually('its share is full', () => hoard.made() === SHARE);
  await eventually('the rest is refused', async () => (await refused('over_connections')) >= 40);
  await othersHaveRoom();
  await link.call('apply', [greedy, honest, third]);
  await link.call('apply', [greedy, honest]);
  const more = open('web1', INTERNET.ipv6, 7000, 10);
  const before = await refused('over_connections');
  await eventually('they are refused', async () => (await refused('over_connections')) >= before + 10);
  assert.equal(more.made(), 0);
  assert.equal(hoard.made(), SHARE);
  // What it has goes on, and what it gives back it can have again.
  hoard.child.stdin?.write('20\n');
  await eventually('others take their places', () => hoard.made() + more.made() >= SHARE + 15, 30_000);
  hoard.child.kill('SIGKILL');
  more.child.kill('SIGKILL');
});

test('so do those that begin outside and end at its published port', async () => {
  const before = await refused('over_connections');
  const hoard = open('internet', HOST.ipv4, 8080, SHARE + 40);
  await eventually('its share is full', () => hoard.made() === SHARE);
  await eventually('the rest is refused', async () => (await refused('over_connections')) >= before + 40);
  await othersHaveRoom();
  assert.equal(hoard.made(), SHARE);
  hoard.child.kill('SIGKILL');
});

test('connections that are closed at once do not pile up in the table either', async () => {
  const socket = await openFrameSocket(spaces.nameOf('web1'), 'eth0', () => {});
  const before = await refused('over_openings');
  for (let port = 1024; port < 6024; port += 1) {
    const body = udpHead({ from: port, to: 9 });
    const packet = ipv4Packet({ from: own4, to: INTERNET.ipv4, protocol: 17, body });
    socket.send(ethernet({ to: GATEWAY_MAC, from: mac, type: 0x0800, body: packet }));
  }
  await eventually('most are refused', async () => (await refused('over_openings')) >= before + 4000);
  await socket.close();
  assert.ok((await entriesOf(own4)) < 4 * SHARE);
  await othersHaveRoom();
});

/** Names of the world are asked here; what is below `slow.test` never gets an answer. */
async function startUpstream(): Promise<void> {
  await spaces.add('nowhere');
  await spaces.connect('internet', 'void', 'nowhere', 'eth0');
  await spaces.ip('internet', [
    'route add 203.0.113.1 dev void',
    'neighbour add 203.0.113.1 lladdr 02:00:00:00:00:99 dev void nud permanent',
  ]);
  spaces.start('internet', 'dnsmasq', [
    '--keep-in-foreground',
    '--conf-file=/dev/null',
    '--no-resolv',
    '--no-hosts',
    '--pid-file=',
    '--dns-forward-max=100000',
    `--listen-address=${INTERNET.ipv4}`,
    '--bind-interfaces',
    '--server=/slow.test/203.0.113.1',
    '--address=/example.test/198.51.100.7',
  ]);
}

async function lookup(name: string): Promise<string> {
  const args = ['nslookup', '-type=a', name, network.ipv4Gateway];
  return (await spaces.run('web2', 'timeout', ['3', 'busybox', ...args], { okExitCodes: [0, 1, 124] })).stdout;
}

test('a guest that asks for names that nobody answers leaves the others their DNS', async () => {
  await startUpstream();
  await eventually('DNS works', async () => (await lookup('www.example.test')).includes('198.51.100.7'));
  const socket = await openFrameSocket(spaces.nameOf('web1'), 'eth0', () => {});
  const before = await refused('over_questions');
  for (let number = 0; number < 2000; number += 1) {
    const datagram = udpHead({ from: 20_000 + (number % 20), to: 53 }, dnsQuestion(number, `n${number}.slow.test`));
    const body = summed4(own4, network.ipv4Gateway, 17, datagram, 6);
    const packet = ipv4Packet({ from: own4, to: network.ipv4Gateway, protocol: 17, body });
    socket.send(ethernet({ to: GATEWAY_MAC, from: mac, type: 0x0800, body: packet }));
  }
  await eventually('some are refused', async () => (await refused('over_questions')) >= before + 1000);
  for (let number = 0; number < 5; number += 1) {
    assert.match(await lookup(`fresh${number}.example.test`), /198\.51\.100\.7/);
  }
  await socket.close();
});

test('a guest that holds TCP connections to DNS has two, and the others get theirs', async () => {
  const before = await refused('over_questions');
  const hoard = open('web1', network.ipv4Gateway, 53, 40);
  await eventually('it has what it gets', async () => hoard.made() + (await refused('over_questions')) - before >= 38);
  assert.ok(hoard.made() <= 2);
  await eventually('another guest is answered', () => isAnsweredByTcp(spaces, 'web2', network.ipv4Gateway));
  hoard.child.kill('SIGKILL');
});

test('a guest that floods DHCPv6 and questions for routers leaves the others theirs', async () => {
  const socket = await openFrameSocket(spaces.nameOf('web1'), 'eth0', () => {});
  const before = await refused('over_questions');
  const linkLocal = 'fe80::5054:ff:fe00:1';
  for (let number = 0; number < 2000; number += 1) {
    const solicit = udpHead({ from: 546, to: 547 }, Buffer.from([1, 0, number >> 8, number & 255]));
    const packet = ipv6(linkLocal, 'ff02::1:2', 17, solicit, 6);
    socket.send(ethernet({ to: '33:33:00:01:00:02', from: mac, type: 0x86dd, body: packet }));
  }
  await eventually('most are refused', async () => (await refused('over_questions')) >= before + 1500);
  const solicit = new URL('../support/dhcpv6-solicit.ts', import.meta.url).pathname;
  const { stdout } = await spaces.run('web2', process.execPath, [solicit, honest.nic.mac]);
  assert.equal(stdout.trim(), honest.nic.ipv6);
  await socket.close();
});

test('a guest that sweeps link-local addresses gets a few entries in the host’s neighbour table', async () => {
  const socket = await openFrameSocket(spaces.nameOf('web1'), 'eth0', () => {});
  const before = await refused('over_addresses');
  for (let number = 1; number <= 1500; number += 1) {
    const from = `fe80::1:${number.toString(16)}`;
    const packet = discovery({ type: 135, from, to: 'fe80::1', target: 'fe80::1', options: [[1, mac]] });
    socket.send(ethernet({ to: GATEWAY_MAC, from: mac, type: 0x86dd, body: packet }));
  }
  await eventually('the rest is refused', async () => (await refused('over_addresses')) >= before + 1400);
  await socket.close();
  const { stdout } = await spaces.run('host', 'ip', ['-6', 'neighbour', 'show', 'dev', tap]);
  assert.ok(stdout.split('\n').length < 30, stdout);
});

test('a guest that sweeps the addresses of the uplink’s prefix leaves the host room for neighbours of its own', async () => {
  const socket = await openFrameSocket(spaces.nameOf('web2'), 'eth0', () => {});
  const before = await refused('over_neighbours');
  const from = `${honest.nic.ipv6}`;
  for (let number = 1; number <= 1500; number += 1) {
    const to = `2001:db8:1:2::1:${number.toString(16)}`;
    const packet = ipv6(from, to, 17, udpHead({ from: 4000, to: 9 }), 6);
    socket.send(ethernet({ to: GATEWAY_MAC, from: honest.nic.mac, type: 0x86dd, body: packet }));
  }
  await eventually('the rest is refused', async () => (await refused('over_neighbours')) >= before + 1300);
  await socket.close();
  const { stdout } = await spaces.run('host', 'ip', ['-6', 'neighbour', 'show', 'dev', 'uplink']);
  assert.ok(stdout.split('\n').length < 150, stdout);
  await opens('host', INTERNET.ipv6);
  await opens('web2', INTERNET.ipv6);
});

test('a guest that goes leaves no connection to whoever has its address next, or to its next start', async () => {
  const hoard = open('web1', INTERNET.ipv4, 7000, 20);
  const visitors = open('internet', HOST.ipv4, 8080, 20);
  await eventually('they are made', () => hoard.made() === 20 && visitors.made() === 20);
  assert.ok((await entriesOf(own4)) >= 20);
  await link.call('removeTap', greedy.nic);
  const { stdout } = await spaces.run('host', 'conntrack', ['-L']);
  assert.ok(!stdout.includes(own4), stdout);
});

test('the daemon hears which guest met which limit', async () => {
  const refusals = await link.call('refusals');
  const shares = refusals.filter((one) => one.tap === tap).map((one) => one.share);
  assert.deepEqual(shares.sort(), ['connections', 'name_connections', 'openings', 'questions', 'requests']);
  const others = refusals.filter((one) => one.tap !== tap).map((one) => `${one.tap} ${one.share}`);
  assert.deepEqual(others, [`${honest.nic.tap} neighbours`]);
});
