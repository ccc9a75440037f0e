import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Ipv6Address } from '../../src/base/address.ts';
import { unwrap } from '../../src/base/parsed.ts';
import { openFrameSocket } from '../../src/host/frame-socket.ts';
import type { NatGuest } from '../../src/model/nat-guest.ts';
import { parsePublish } from '../../src/model/published-port.ts';
import { ethernet, ipv4Udp } from '../support/frames.ts';
import { ipv4Packet, udpHead } from '../support/hostile-frames.ts';
import {
  HOST,
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

const spaces = new Namespaces('nt');
const network = newNetwork('');
const published = [
  '8080:80',
  '53:53/udp',
  '5353:53/udp',
  `${HOST.ipv4}:8081:80`,
  `[${HOST.ipv6}]:8082:80`,
  '0.0.0.0:8083:80',
  '[::]:8084:80',
  '0.0.0.0:5354:53/udp',
  '[::]:5355:53/udp',
  '127.0.0.1:8085:80',
];
const web1 = newGuest(
  network,
  1,
  [],
  published.map((text) => unwrap(parsePublish(text))),
);
const web2 = newGuest(network, 2, [web1]);
const dhcp = newGuest(network, 3, [web1, web2]);
const chosen = newGuest(network, 4, [web1, web2, dhcp]);
chosen.nic.ipv6 = network.ipv6Dns.replace(/53$/, '4444') as Ipv6Address;
const guests: NatGuest[] = [web1, web2, dhcp, chosen];
let directory = '';
let link: Instance;

before(async () => {
  directory = await makeDirectory();
  await makeHostAndInternet(spaces);
  for (const guest of guests) await plugGuest(spaces, network, guest, { isStatic: guest === web1 || guest === web2 });
  link = startInstance(spaces, directory, network);
  for (const { nic } of guests) await link.call('createTap', nic);
  await link.call('apply', guests);
  serve('internet', 'TCP4-LISTEN:7000', 'PEER');
  serve('internet', 'TCP6-LISTEN:7000,ipv6only=1', 'PEER');
  serve('web1', 'TCP4-LISTEN:80', 'WEB1');
  serve('web1', 'TCP6-LISTEN:80,ipv6only=1', 'WEB1');
  serve('web1', 'UDP4-RECVFROM:53', 'WEB1');
  serve('web1', 'UDP6-RECVFROM:53,ipv6only=1', 'WEB1');
  serve('host', 'TCP4-LISTEN:2222', 'HOST');
  spaces.start('internet', 'dnsmasq', [
    '--keep-in-foreground',
    '--conf-file=/dev/null',
    '--no-resolv',
    '--no-hosts',
    '--pid-file=',
    `--listen-address=${INTERNET.ipv4}`,
    '--bind-interfaces',
    '--address=/example.test/198.51.100.7',
  ]);
});

after(async () => {
  await spaces.close();
  await removeDirectory(directory);
});

/** A server for one word; SYSTEM is a shell of socat's, in the test only. */
function serve(space: string, listen: string, word: string): void {
  const says = word === 'PEER' ? `echo ${word} $SOCAT_PEERADDR` : `echo ${word}`;
  spaces.start(space, 'socat', [`${listen},reuseaddr,fork`, `SYSTEM:${says}`]);
}

async function ask(space: string, target: string): Promise<string> {
  const { stdout } = await spaces.run(space, 'socat', ['-T2', '-', `${target}`], { okExitCodes: [0, 1], input: 'x\n' });
  return stdout.trim();
}

function asks(space: string, target: string, expected: RegExp): Promise<unknown> {
  return eventually(`${space} asks ${target}`, async () => expected.test(await ask(space, target)));
}

test('a guest reaches the internet by the host’s IPv4 and IPv6 address', async () => {
  await asks('web1', `TCP4:${INTERNET.ipv4}:7000`, new RegExp(`PEER ${HOST.ipv4}$`));
  await asks('web1', `TCP6:[${INTERNET.ipv6}]:7000`, /PEER \[?2001:0?db8:0*1:0*2:.*0*2\]?$/);
});

test('guests reach each other over both families, without the gateway inside their prefix for IPv4', async () => {
  await asks('web2', `TCP4:${web1.nic.ipv4}:80`, /WEB1/);
  await asks('web2', `TCP6:[${web1.nic.ipv6}]:80`, /WEB1/);
});

test('a published port answers from outside, from another guest, from the guest itself and from the host', async () => {
  await asks('internet', `TCP4:${HOST.ipv4}:8080`, /WEB1/);
  await asks('internet', `TCP6:[${HOST.ipv6}]:8080`, /WEB1/);
  await asks('internet', `TCP4:${HOST.ipv4}:8081`, /WEB1/);
  await asks('internet', `TCP6:[${HOST.ipv6}]:8082`, /WEB1/);
  await asks('internet', `UDP4:${HOST.ipv4}:5353`, /WEB1/);
  await asks('web2', `TCP4:${HOST.ipv4}:8080`, /WEB1/);
  await asks('web2', `TCP6:[${HOST.ipv6}]:8080`, /WEB1/);
  await asks('web1', `TCP4:${HOST.ipv4}:8080`, /WEB1/);
  await asks('web1', `TCP6:[${HOST.ipv6}]:8080`, /WEB1/);
  await asks('host', `TCP4:${HOST.ipv4}:8080`, /WEB1/);
  await asks('host', 'TCP4:127.0.0.1:8080', /WEB1/);
  await asks('host', `TCP6:[${HOST.ipv6}]:8080`, /WEB1/);
});

test('0.0.0.0 is every IPv4 address of the host and [::] every IPv6 address: from outside, the host and a guest, tcp and udp', async () => {
  const second = { ipv4: '198.51.100.9', ipv6: '2001:db8:1:2::9' };
  await spaces.ip('host', [`address add ${second.ipv4}/32 dev lo`, `address add ${second.ipv6}/128 dev lo nodad`]);
  await spaces.ip('internet', [
    `route add ${second.ipv4} via ${HOST.ipv4}`,
    `route add ${second.ipv6} via ${HOST.ipv6}`,
  ]);
  for (const space of ['internet', 'host', 'web2']) {
    for (const address of [HOST.ipv4, second.ipv4]) {
      await asks(space, `TCP4:${address}:8083`, /WEB1/);
      await asks(space, `UDP4:${address}:5354`, /WEB1/);
    }
    for (const address of [HOST.ipv6, second.ipv6]) {
      await asks(space, `TCP6:[${address}]:8084`, /WEB1/);
      await asks(space, `UDP6:[${address}]:5355`, /WEB1/);
    }
  }
  await asks('host', 'TCP4:127.0.0.1:8083', /WEB1/);
  await asks('host', 'TCP4:127.0.0.1:8085', /WEB1/);
  assert.equal(await ask('internet', `TCP6:[${HOST.ipv6}]:8083,connect-timeout=1`), '', 'of the other family');
  assert.equal(await ask('internet', `TCP4:${HOST.ipv4}:8084,connect-timeout=1`), '', 'of the other family');
  assert.equal(await ask('internet', `TCP4:${HOST.ipv4}:8085,connect-timeout=1`), '', 'of the loopback address alone');
});

test('a port of one address leads nowhere when that address is not the host’s any more', async () => {
  serve('internet', 'TCP4-LISTEN:8081', 'PEER');
  await asks('host', `TCP4:${HOST.ipv4}:8081`, /WEB1/);
  const other = '198.51.100.10';
  await spaces.ip('internet', [`address add ${other}/32 dev lo`]);
  const moved = { ...web1, nic: { ...web1.nic, publish: [unwrap(parsePublish(`${other}:8081:80`))] } };
  await link.call('apply', [moved, web2, dhcp, chosen]);
  await asks('web2', `TCP4:${other}:8081`, /PEER/);
  await asks('host', `TCP4:${other}:8081`, /PEER/);
  await link.call('apply', guests);
});

test('the loopback address of IPv6 refuses at once, so that "localhost" goes on with 127.0.0.1', async () => {
  const { stderr } = await spaces.run('host', 'socat', ['-', 'TCP6:[::1]:8080,connect-timeout=5'], {
    okExitCodes: [1],
  });
  assert.match(stderr, /refused/);
});

test('the host’s own ports are closed to guests, at once and not by a time limit', async () => {
  await asks('internet', `TCP4:${HOST.ipv4}:2222`, /HOST/);
  const started = Date.now();
  assert.equal(await ask('web1', `TCP4:${HOST.ipv4}:2222,connect-timeout=5`), '');
  assert.ok(Date.now() - started < 3000);
  const { refusedPackets } = await link.call('observe');
  assert.ok((refusedPackets.host_service ?? 0) > 0);
});

test('nothing from outside reaches a guest unasked', async () => {
  await spaces.ip('internet', [`route replace ${network.ipv4Prefix} via ${HOST.ipv4}`]);
  assert.equal(await ask('internet', `TCP4:${web1.nic.ipv4}:80,connect-timeout=1`), '');
  const { refusedPackets } = await link.call('observe');
  assert.ok((refusedPackets.unasked ?? 0) > 0);
});

test('a neighbour on the wire does not get in by writing the host’s loopback address', async () => {
  await spaces.nft(
    'web1',
    'table inet t {\n counter knocks { }\n chain c {\n type filter hook input priority 0\n udp dport 53 counter name knocks\n }\n}',
  );
  const knocks = async () => /packets (\d+)/.exec((await spaces.run('web1', 'nft', ['list', 'counters'])).stdout)?.[1];
  const { stdout } = await spaces.run('host', 'ip', ['-j', 'link', 'show', 'dev', 'uplink']);
  const [uplink] = JSON.parse(stdout) as { address: string }[];
  const knock = async (to: string) => {
    const body = ipv4Udp({ from: INTERNET.ipv4, to, sourcePort: 999, targetPort: 5353 });
    const frame = ethernet({ to: uplink?.address ?? '', from: '02:00:00:00:00:01', type: 0x0800, body });
    await spaces.run('internet', 'socat', ['-u', 'STDIN', 'INTERFACE:eth0'], { input: frame });
  };
  await knock('127.0.0.1');
  await knock(HOST.ipv4);
  await eventually('the honest one arrives', async () => (await knocks()) !== '0');
  assert.equal(await knocks(), '1');
});

test('an address of the pools that nobody has is unreachable and does not leave by the default route', async () => {
  const nobody6 = network.ipv6Dns.replace(/::53$/, '::dead');
  const ping = await spaces.run('web1', 'ping', ['-c1', '-W2', nobody6], { okExitCodes: [1] });
  assert.match(ping.stdout, /unreachable: No route/);
  const nobody4 = network.ipv4Prefix.replace('.0/20', '.250');
  const route = await spaces.run('host', 'ip', ['route', 'get', nobody4], { okExitCodes: [2] });
  assert.match(route.stderr, /No route|unreachable/i);
});

test('DNS knows the guests by name and asks the host’s servers for the rest, also when a guest publishes port 53', async () => {
  const lookup = async (name: string, server: string) =>
    (await spaces.run('web2', 'busybox', ['nslookup', '-type=a', name, server], { okExitCodes: [0, 1] })).stdout;
  await eventually('web1', async () => (await lookup('web1', network.ipv4Gateway)).includes(`${web1.nic.ipv4}`));
  await eventually('web1.lodge', async () =>
    (await lookup('web1.lodge', network.ipv6Dns)).includes(`${web1.nic.ipv4}`),
  );
  await eventually('example', async () => (await lookup('example.test', network.ipv4Gateway)).includes('198.51.100.7'));
});

test('a question to DNS without a checksum, which IPv4 allows, is answered as well', async () => {
  let isAnswered = false;
  const socket = await openFrameSocket(spaces.nameOf('web2'), 'eth0', (frame) => {
    isAnswered ||= frame.includes(Buffer.from('\u0004web1\u0005lodge\u0000')) && frame.includes(addressOf(web1));
  });
  const labels = Buffer.from('\u0004web1\u0005lodge\u0000');
  const head = Buffer.from([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const question = Buffer.concat([head, labels, Buffer.from([0, 1, 0, 1])]);
  const ends = { from: `${web2.nic.ipv4}`, to: network.ipv4Gateway };
  const body = ipv4Packet({ ...ends, protocol: 17, body: udpHead({ from: 5353, to: 53 }, question) });
  socket.send(ethernet({ to: 'ee:ee:ee:00:00:01', from: web2.nic.mac, type: 0x0800, body }));
  await eventually('it is answered', () => isAnswered);
  await socket.close();
});

const addressOf = ({ nic }: NatGuest) => Buffer.from(`${nic.ipv4}`.split('.').map(Number));

test('an image that asks by DHCP and SLAAC gets exactly its addresses, and they work', async () => {
  const { stderr } = await spaces.run('web3', 'busybox', ['udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-s', '/bin/true']);
  assert.match(stderr, new RegExp(`lease of ${dhcp.nic.ipv4} obtained from ${network.ipv4Gateway}`));
  const addresses = () => spaces.run('web3', 'ip', ['-6', 'address', 'show', 'dev', 'eth0', 'scope', 'global']);
  await eventually('SLAAC', async () => (await addresses()).stdout.includes(`${dhcp.nic.ipv6}/64`), 20_000);
  await eventually('default route', async () =>
    (await spaces.run('web3', 'ip', ['-6', 'route'])).stdout.includes('default via fe80::1'),
  );
  await asks('web3', `TCP6:[${INTERNET.ipv6}]:7000`, /PEER/);
  await asks('web3', `TCP6:[${web1.nic.ipv6}]:80`, /WEB1/);
  assert.doesNotMatch((await spaces.run('web3', 'ip', ['-6', 'route'])).stdout, /^fd.*proto kernel.*metric 256/m);
});

test('DHCPv6 offers the address that was chosen, also when it is not made of the MAC', async () => {
  const solicit = join(import.meta.dirname, '../support/dhcpv6-solicit.ts');
  for (const { name, nic } of [dhcp, chosen]) {
    const { stdout } = await spaces.run(name, process.execPath, [solicit, nic.mac]);
    assert.equal(stdout.trim(), nic.ipv6);
  }
});

test('a program of the host in the way of a published port is named', async () => {
  const port = { protocol: 'tcp', hostAddress: null, hostPort: 2222, guestPort: 22 } as const;
  assert.equal(await link.call('hostPortInUse', port), 'socat');
  assert.equal(await link.call('hostPortInUse', { ...port, hostPort: 2223 }), null);
  assert.equal(await link.call('hostPortInUse', { ...port, hostPort: 53, protocol: 'udp' }), null);
});
