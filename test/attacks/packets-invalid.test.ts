import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ethernet, ipv6 } from '../support/frames.ts';
import { FLAG, icmp, ipv4Packet, summed4, tcpHead, udpHead } from '../support/hostile-frames.ts';
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

/**
 * What connection tracking calls invalid is not translated: without a rule it would leave the uplink with the guest's private
 * source, which a provider counts as spoofing. The wire is sniffed at its other end.
 */
const GATEWAY_MAC = 'ee:ee:ee:00:00:01';
const spaces = new Namespaces('pi');
const network = newNetwork('');
const liar = newGuest(network, 1);
const { mac, ipv4: own4 = '', ipv6: own6 = '' } = liar.nic as { mac: string; ipv4: string; ipv6: string };
let directory = '';
let link: Instance;

before(async () => {
  directory = await makeDirectory();
  await makeHostAndInternet(spaces);
  await plugGuest(spaces, network, liar, { isStatic: true });
  link = startInstance(spaces, directory, network);
  await link.call('createTap', liar.nic);
  await link.call('apply', [liar]);
  await spaces.nft(
    'internet',
    `table netdev watch {
  counter leaked4 { }
  counter leaked6 { }
  counter honest { }
  chain wire {
    type filter hook ingress device eth0 priority 0; policy accept;
    ip saddr != ${HOST.ipv4} counter name leaked4
    ip6 saddr fc00::/7 counter name leaked6
    udp dport 9999 ip saddr ${HOST.ipv4} counter name honest
    udp dport 9999 ip6 saddr 2001:db8:1:2::/64 counter name honest
  }
}`,
  );
});

after(async () => {
  await spaces.close();
  await removeDirectory(directory);
});

const send = (frame: Buffer) => spaces.run('web1', 'socat', ['-u', 'STDIN', 'INTERFACE:eth0'], { input: frame });
const frame4 = (body: Buffer) => ethernet({ to: GATEWAY_MAC, from: mac, type: 0x0800, body });
const frame6 = (body: Buffer) => ethernet({ to: GATEWAY_MAC, from: mac, type: 0x86dd, body });

async function counts(): Promise<Record<string, number>> {
  const { stdout } = await spaces.run('internet', 'nft', ['-j', 'list', 'counters']);
  const { nftables } = JSON.parse(stdout) as { nftables: { counter?: { name: string; packets: number } }[] };
  return Object.fromEntries(nftables.flatMap(({ counter }) => (counter ? [[counter.name, counter.packets]] : [])));
}

let port = 30_000;
const ends = { from: own4, to: INTERNET.ipv4 };
const tcp4 = (flags: number, more: { dataOffset?: number; to?: number } = {}) =>
  frame4(
    ipv4Packet({
      ...ends,
      protocol: 6,
      body: summed4(own4, INTERNET.ipv4, 6, tcpHead({ from: port++, to: 80, flags, ...more }), 16),
    }),
  );
const plain4 = (protocol: number, body: Buffer, more: { fragment?: number; options?: Buffer } = {}) =>
  frame4(ipv4Packet({ ...ends, protocol, body, ...more }));
const tcp6 = (flags: number, more: { dataOffset?: number; to?: number } = {}) =>
  frame6(ipv6(own6, INTERNET.ipv6, 6, tcpHead({ from: port++, to: 80, flags, ...more }), 16));
const plain6 = (next: number, body: Buffer, checksumAt: number | null = null) =>
  frame6(ipv6(own6, INTERNET.ipv6, next, body, checksumAt));
const icmp6 = (type: number, code: number, rest: Buffer) =>
  plain6(58, Buffer.concat([Buffer.from([type, code, 0, 0]), rest]), 2);

/** An error quotes the packet that it is about: here one of strangers, and one that the guest never sent. */
const foreign4 = ipv4Packet({
  from: HOST.ipv4,
  to: INTERNET.ipv4,
  protocol: 6,
  body: tcpHead({ from: 22, to: 4000, flags: FLAG.ack }),
});
const unknown4 = ipv4Packet({
  from: INTERNET.ipv4,
  to: own4,
  protocol: 17,
  body: udpHead({ from: 53, to: 4001 }),
});
const foreign6 = ipv6(HOST.ipv6, INTERNET.ipv6, 6, tcpHead({ from: 22, to: 4000, flags: FLAG.ack }), 16);
const unknown6 = ipv6(INTERNET.ipv6, own6, 17, udpHead({ from: 53, to: 4001 }), 6);
const four = Buffer.alloc(4);
const echo = Buffer.from([1, 2, 0, 1, 0, 0, 0, 0]);
/** A chunk that begins no association: COOKIE ECHO. */
const sctp = Buffer.from([0, 80, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 10, 0, 0, 8, 1, 2, 3, 4]);

const INVALID: Record<string, (() => Buffer)[]> = {
  'TCP with a wrong checksum': [
    () => plain4(6, tcpHead({ from: port++, to: 80, flags: FLAG.syn })),
    () => plain6(6, tcpHead({ from: port++, to: 80, flags: FLAG.syn })),
  ],
  'SYN+FIN': [() => tcp4(FLAG.syn | FLAG.fin), () => tcp6(FLAG.syn | FLAG.fin)],
  'SYN+RST': [() => tcp4(FLAG.syn | FLAG.rst), () => tcp6(FLAG.syn | FLAG.rst)],
  'no flag at all': [() => tcp4(0), () => tcp6(0)],
  'every flag': [() => tcp4(63), () => tcp6(63)],
  'FIN, PSH and URG': [() => tcp4(FLAG.fin | FLAG.psh | FLAG.urg), () => tcp6(FLAG.fin | FLAG.psh | FLAG.urg)],
  'a stray FIN': [() => tcp4(FLAG.fin), () => tcp6(FLAG.fin)],
  'a stray RST': [() => tcp4(FLAG.rst), () => tcp6(FLAG.rst)],
  'a stray RST/ACK': [() => tcp4(FLAG.rst | FLAG.ack), () => tcp6(FLAG.rst | FLAG.ack)],
  'a stray SYN/ACK': [() => tcp4(FLAG.syn | FLAG.ack), () => tcp6(FLAG.syn | FLAG.ack)],
  'a stray ACK': [() => tcp4(FLAG.ack), () => tcp6(FLAG.ack)],
  'a TCP header longer than its packet': [
    () => tcp4(FLAG.syn, { dataOffset: 15 }),
    () => tcp6(FLAG.syn, { dataOffset: 15 }),
  ],
  'a TCP header shorter than TCP’s': [() => tcp4(FLAG.syn, { dataOffset: 2 }), () => tcp6(FLAG.syn, { dataOffset: 2 })],
  'half a TCP header': [
    () => plain4(6, tcpHead({ from: port++, to: 80, flags: FLAG.syn }).subarray(0, 10)),
    () => plain6(6, tcpHead({ from: port++, to: 80, flags: FLAG.syn }).subarray(0, 10)),
  ],
  'TCP to port 0': [() => tcp4(FLAG.syn, { to: 0 }), () => tcp6(FLAG.syn, { to: 0 })],
  'UDP longer than its packet': [
    () => plain4(17, udpHead({ from: port++, to: 9 }, Buffer.alloc(8), 900)),
    () => plain6(17, udpHead({ from: port++, to: 9 }, Buffer.alloc(8), 900), 6),
  ],
  'UDP with a wrong checksum': [
    () => plain4(17, Buffer.concat([udpHead({ from: port++, to: 9 }).subarray(0, 6), Buffer.from([1, 1, 0, 0])])),
    () => plain6(17, Buffer.concat([udpHead({ from: port++, to: 9 }).subarray(0, 6), Buffer.from([1, 1, 0, 0])])),
  ],
  'UDP over IPv6 without a checksum': [() => plain6(17, udpHead({ from: port++, to: 9 }))],
  'an unasked echo reply': [() => plain4(1, icmp(0, 0, echo)), () => icmp6(129, 0, echo)],
  'a ping with a wrong checksum': [
    () => plain4(1, Buffer.concat([Buffer.from([8, 0, 1, 1]), echo])),
    () => plain6(58, Buffer.concat([Buffer.from([128, 0, 1, 1]), echo])),
  ],
  'an unknown type of ICMP': [() => plain4(1, icmp(44, 0, echo)), () => icmp6(200, 0, echo)],
  'an unasked timestamp reply': [() => plain4(1, icmp(14, 0, Buffer.alloc(16)))],
  'an unasked mask reply': [() => plain4(1, icmp(18, 0, Buffer.alloc(8)))],
  'a redirect': [() => plain4(1, icmp(5, 1, Buffer.concat([four, foreign4])))],
  'an error about a connection of the host': [
    () => plain4(1, icmp(3, 1, Buffer.concat([four, foreign4]))),
    () => icmp6(1, 0, Buffer.concat([four, foreign6])),
  ],
  'an error about what nobody sent': [
    () => plain4(1, icmp(3, 3, Buffer.concat([four, unknown4]))),
    () => icmp6(1, 4, Buffer.concat([four, unknown6])),
  ],
  'an error that quotes nothing': [() => plain4(1, icmp(11, 0, four)), () => icmp6(3, 0, four)],
  'a packet too big that nobody sent': [
    () => plain4(1, icmp(3, 4, Buffer.concat([four, unknown4]))),
    () => icmp6(2, 0, Buffer.concat([four, unknown6])),
  ],
  'a first fragment alone': [() => plain4(17, udpHead({ from: port++, to: 9 }), { fragment: 0x2000 })],
  'a last fragment alone': [
    () => plain4(17, udpHead({ from: port++, to: 9 }), { fragment: 100 }),
    () => plain6(44, Buffer.concat([Buffer.from([17, 0, 3, 0x20, 0, 0, 0, 9]), Buffer.alloc(16)])),
  ],
  'IPv4 options': [
    () => plain4(17, udpHead({ from: port++, to: 9 }), { options: Buffer.from([7, 7, 4, 0, 0, 0, 0, 0]) }),
  ],
  'a loose source route': [
    () => plain4(17, udpHead({ from: port++, to: 9 }), { options: Buffer.from([131, 7, 4, 203, 0, 113, 9, 0]) }),
  ],
  'a routing header': [() => plain6(43, Buffer.concat([Buffer.from([59, 2, 0, 1, 0, 0, 0, 0]), Buffer.alloc(16)]))],
  'no next header': [() => plain6(59, Buffer.alloc(8))],
  'an extension header that is cut off': [() => plain6(0, Buffer.from([60, 9, 0, 0]))],
  'SCTP out of nowhere': [() => plain4(132, sctp), () => plain6(132, sctp)],
  'a protocol that nobody knows': [() => plain4(253, Buffer.alloc(20)), () => plain6(253, Buffer.alloc(20))],
  GRE: [() => plain4(47, Buffer.alloc(8)), () => plain6(47, Buffer.alloc(8))],
  'a packet inside a packet': [() => plain4(4, foreign4), () => plain6(41, foreign6)],
};

for (const [what, frames] of Object.entries(INVALID)) {
  test(`${what} does not leave with the guest’s private source`, async () => {
    for (const frame of frames) {
      const before = await counts();
      await send(frame());
      await send(plain4(17, udpHead({ from: port++, to: 9999 })));
      await send(plain6(17, udpHead({ from: port++, to: 9999 }), 6));
      const now = await eventually('honest datagrams of both families arrive after it', async () => {
        const seen = await counts();
        return (seen.honest ?? 0) >= (before.honest ?? 0) + 2 ? seen : null;
      });
      assert.deepEqual(
        { leaked4: now.leaked4, leaked6: now.leaked6 },
        { leaked4: before.leaked4, leaked6: before.leaked6 },
      );
    }
  });
}

test('an error about a connection that the host has does not reach it, one about the guest’s own reaches its other end', async () => {
  spaces.start('internet', 'socat', ['-u', 'UDP4-RECV:7100', 'OPEN:/dev/null']);
  await eventually('it is heard outside', async () =>
    (await spaces.run('internet', 'ss', ['-Huln'])).stdout.includes(':7100'),
  );
  const socat = spaces.start('host', 'socat', ['STDIN', `UDP4:${INTERNET.ipv4}:7100,sourceport=7200`]);
  socat.stdin?.write('x');
  const isTracked = async () =>
    (await spaces.run('host', 'conntrack', ['-L', '-p', 'udp'])).stdout.includes('sport=7200 dport=7100');
  await eventually('the host has a connection', isTracked);
  const quoted = ipv4Packet({
    from: HOST.ipv4,
    to: INTERNET.ipv4,
    protocol: 17,
    body: udpHead({ from: 7200, to: 7100 }),
  });
  const before = (await link.call('observe')).refusedPackets.invalid ?? 0;
  const tooBig = icmp(3, 4, Buffer.concat([Buffer.from([0, 0, 0x02, 0x58]), quoted]));
  await send(frame4(ipv4Packet({ from: own4, to: HOST.ipv4, protocol: 1, body: tooBig })));
  await eventually('it is counted', async () => ((await link.call('observe')).refusedPackets.invalid ?? 0) > before);
  // Nobody listens at this port of the guest: its kernel says so, and the host hears it.
  const refused = await spaces.run('host', 'socat', ['-T2', '-', `UDP4:${own4}:9`], {
    input: 'x',
    okExitCodes: [0, 1],
  });
  assert.match(refused.stderr, /refused/);
  const route = await spaces.run('host', 'ip', ['route', 'get', INTERNET.ipv4]);
  assert.doesNotMatch(route.stdout, /mtu/);
});

test('they are counted, and what no rule of NAT has seen is kept in at the very last', async () => {
  assert.ok(((await link.call('observe')).refusedPackets.invalid ?? 0) > 20);
  await spaces.nft(
    'host',
    `table inet untracked {
  chain untracked {
    type filter hook prerouting priority raw; policy accept;
    udp dport 4444 notrack
  }
}`,
  );
  const before = await counts();
  await send(plain4(17, udpHead({ from: port++, to: 4444 })));
  await send(plain6(17, udpHead({ from: port++, to: 4444 }), 6));
  await eventually('both are counted', async () => {
    const { refusedPackets } = await link.call('observe');
    return (refusedPackets.private_source ?? 0) >= 2;
  });
  const now = await counts();
  assert.deepEqual([now.leaked4, now.leaked6], [before.leaked4, before.leaked6]);
});
