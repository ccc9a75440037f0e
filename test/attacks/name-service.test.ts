import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Ipv6Address, linkLocalFromMac, type MacAddress } from '../../src/base/address.ts';
import { GATEWAY_MAC } from '../../src/engine/nat/tap.ts';
import { type FrameSocket, openFrameSocket } from '../../src/host/frame-socket.ts';
import { isAnsweredByTcp } from '../support/dns-question.ts';
import { ethernet, ipv6 } from '../support/frames.ts';
import { DHCP, dhcp, dhcpv6, discovery, FLAG, ipv4Packet, udpHead } from '../support/hostile-frames.ts';
import { INTERNET, type Instance, newGuest, plugGuest } from '../support/nat-twin.ts';
import { NatWorld } from '../support/nat-world.ts';
import { eventually } from '../support/netns.ts';
import { type TcpByHand, tcpByHand } from '../support/tcp-by-hand.ts';

/** One name service answers all guests, one question after the other: who has it wait, or is taken for another, harms them all. */
const ALL_DHCP_SERVERS = { address: 'ff02::1:2', mac: '33:33:00:01:00:02' };
/** dnsmasq has that many processes for TCP (2.90, src/config.h, MAX_PROCS). */
const TCP_PLACES = 20;
const world = new NatWorld('pn');
const { spaces, network } = world;
const hostile = newGuest(network, 1);
const honest = newGuest(network, 2, [hostile]);
const { mac, ipv4: own4 = '' } = hostile.nic as { mac: MacAddress; ipv4: string };
let link: Instance;
let wire: FrameSocket;
let tcp: TcpByHand;

before(async () => {
  // No kernel of the hostile one answers: all it says is said here.
  link = await world.begin([hostile, honest], { isStatic: (guest) => guest === honest });
  wire = await openFrameSocket(spaces.nameOf('web1'), 'eth0', (frame) => tcp.hear(frame));
  tcp = tcpByHand(wire, { mac, gatewayMac: GATEWAY_MAC, from: own4, to: network.ipv4Gateway, port: 53 });
  const words = ['--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--pid-file='];
  const listen = [`--listen-address=${INTERNET.ipv4}`, '--bind-interfaces', '--address=/example.test/198.51.100.7'];
  spaces.start('internet', 'dnsmasq', [...words, ...listen]);
  await eventually('DNS works', async () => (await lookup('www')).includes('198.51.100.7'));
});
after(async () => {
  await wire.close();
  await world.end();
});

const refused = async (counter: string) => (await link.call('observe')).refusedPackets[counter] ?? 0;

async function lookup(name: string): Promise<string> {
  const args = ['5', 'busybox', 'nslookup', '-type=a', `${name}.example.test`, network.ipv4Gateway];
  return (await spaces.run('web2', 'timeout', args, { okExitCodes: [0, 1, 124] })).stdout;
}

async function othersAreAnswered(): Promise<void> {
  for (let number = 0; number < 5; number += 1) {
    assert.match(await lookup(`n${process.hrtime.bigint()}`), /198\.51\.100\.7/);
  }
}

/** A question for an address by DHCPv6; with Rapid Commit the first answer is the lease. */
function solicitFrom(address: string, duid: string, rapidCommit: boolean): Buffer {
  const identity = Buffer.concat([Buffer.from([0, 3, 0, 1]), Buffer.from(duid.replaceAll(':', ''), 'hex')]);
  const association = Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  const commit: [number, Buffer][] = rapidCommit ? [[14, Buffer.alloc(0)]] : [];
  const message = dhcpv6(1, [[1, identity], [3, association], ...commit]);
  const packet = ipv6(address, ALL_DHCP_SERVERS.address, 17, udpHead({ from: 546, to: 547 }, message), 6);
  return ethernet({ to: ALL_DHCP_SERVERS.mac, from: mac, type: 0x86dd, body: packet });
}

async function leaseOfHonest(): Promise<string> {
  const program = new URL('../support/dhcpv6-solicit.ts', import.meta.url).pathname;
  const { stdout } = await spaces.run('web2', process.execPath, [program, honest.nic.mac], { okExitCodes: [0, 1] });
  return stdout.trim();
}

test('questions by DHCPv6 from link-local addresses that nobody answers for keep the name service waiting', async () => {
  const before = await refused('over_requests');
  for (let number = 0; number < 60; number += 1) wire.send(solicitFrom(`fe80::dead:${number % 3}`, mac, false));
  // Each that gets through costs every guest half a second of its DNS.
  await eventually('most are refused', async () => (await refused('over_requests')) >= before + 50);
  await othersAreAnswered();
  assert.equal(await leaseOfHonest(), honest.nic.ipv6);
});

test('a guest that asks by DHCPv6 from the link-local address of another’s MAC takes its lease, or its entry among the neighbours', async () => {
  const victim: Ipv6Address = linkLocalFromMac(honest.nic.mac);
  const before = await refused('spoofed_ipv6');
  const options: [number, string][] = [[1, mac]];
  const advertised = discovery({ type: 135, from: victim, to: 'fe80::1', target: 'fe80::1', options });
  wire.send(ethernet({ to: GATEWAY_MAC, from: mac, type: 0x86dd, body: advertised }));
  await eventually('its neighbour entry is refused', async () => (await refused('spoofed_ipv6')) > before);
  const forged = await refused('spoofed_dhcp');
  wire.send(solicitFrom(victim, mac, true));
  await eventually('its question is refused', async () => (await refused('spoofed_dhcp')) > forged);
  assert.equal(await leaseOfHonest(), honest.nic.ipv6);
  const { stdout } = await spaces.run('host', 'ip', ['-6', 'neighbour', 'show', victim]);
  assert.equal(stdout.trim(), `${victim} dev ${honest.nic.tap} lladdr ${honest.nic.mac} PERMANENT`);
});

test('DHCP with a MAC of its own for every question fills the leases', async () => {
  const before = await refused('spoofed_dhcp');
  for (let number = 0; number < 500; number += 1) {
    const chaddr = `02:00:00:00:${(number >> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}`;
    const message = dhcp({ chaddr, options: [[53, Buffer.from([DHCP.discover])]] });
    const body = udpHead({ from: 68, to: 67 }, message);
    const packet = ipv4Packet({ from: '0.0.0.0', to: '255.255.255.255', protocol: 17, body });
    wire.send(ethernet({ to: 'ff:ff:ff:ff:ff:ff', from: mac, type: 0x0800, body: packet }));
  }
  await eventually('all are refused', async () => (await refused('spoofed_dhcp')) >= before + 500);
  await othersAreAnswered();
});

/** Connections to dnsmasq that are there, whatever connection tracking believes. */
async function heldByHost(): Promise<number> {
  const { stdout } = await spaces.run('host', 'ss', ['-tnH', 'state', 'established', 'dst', own4]);
  return stdout.split('\n').filter(Boolean).length;
}

/** Ends that connection tracking believes, and that the socket never reaches: a gap is before them. */
const ENDS: Record<string, (port: number) => void> = {
  'two FINs and an ACK behind a gap': (port) => {
    tcp.say(port, FLAG.fin | FLAG.ack, 1000);
    tcp.say(port, FLAG.fin | FLAG.ack, 1000);
    tcp.say(port, FLAG.ack, 1001);
  },
  'a reset at the end of what came behind a gap': (port) => {
    tcp.say(port, FLAG.ack, 1000);
    tcp.say(port, FLAG.rst, 1000);
  },
};

for (const [index, [what, end]] of Object.entries(ENDS).entries()) {
  test(`${what} hide connections to the name service from connection tracking, and take all places`, async () => {
    const before = await refused('over_questions');
    const ports = Array.from({ length: TCP_PLACES + 5 }, (_, number) => 3000 + 100 * index + number);
    for (const port of ports) {
      tcp.begin(port);
      await eventually(
        'it is made or refused',
        async () => tcp.open.has(port) || (await refused('over_questions')) > before,
      );
      if (tcp.open.has(port)) end(port);
    }
    assert.ok((await heldByHost()) <= 2);
    assert.ok(await isAnsweredByTcp(spaces, 'web2', network.ipv4Gateway));
    await othersAreAnswered();
  });
}

test('places for TCP come back when dnsmasq ends a connection', async () => {
  for (let number = 0; number < 6; number += 1) assert.ok(await isAnsweredByTcp(spaces, 'web2', network.ipv4Gateway));
});

test('connections that a guest holds outlive a name service that was killed, and are taken for it, or in the way of the next', async () => {
  assert.ok((await heldByHost()) > 0);
  process.kill((await link.call('observe')).dnsmasqPid ?? 0, 'SIGKILL');
  await link.call('apply', [hostile, honest]);
  await othersAreAnswered();
  assert.equal(await heldByHost(), 0);
});

/** The process that answers a connection of the other guest is slow to end, as on a busy host. */
async function holdSlowly(): Promise<void> {
  const { dnsmasqPid } = await link.call('observe');
  spaces.start('web2', 'socat', ['-', `TCP4:${network.ipv4Gateway}:53`]);
  const children = await eventually('it has a process', async () => {
    const words = ['--ppid', `${dnsmasqPid}`, '-o', 'pid='];
    const { stdout } = await spaces.run('host', 'ps', words, { okExitCodes: [0, 1] });
    const found = stdout.split('\n').filter(Boolean).map(Number);
    return found.length > 0 ? found : null;
  });
  for (const pid of children) process.kill(pid, 'SIGSTOP');
}

test('an address that a guest leased before it went is kept from the guest that has it next, or a held connection keeps all from theirs', async () => {
  const lease = ['udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-s', '/bin/true'];
  const obtained = new RegExp(`lease of ${honest.nic.ipv4} obtained`);
  assert.match((await spaces.run('web2', 'busybox', lease)).stderr, obtained);
  await holdSlowly();
  await link.call('removeTap', honest.nic);
  await link.call('apply', [hostile]);
  const next = newGuest(network, 3, [hostile]);
  assert.equal(next.nic.ipv4, honest.nic.ipv4);
  await plugGuest(spaces, network, next, { isStatic: false });
  await link.call('createTap', next.nic);
  await link.call('apply', [hostile, next]);
  assert.match((await spaces.run('web3', 'busybox', lease, { okExitCodes: [0, 1] })).stderr, obtained);
});
