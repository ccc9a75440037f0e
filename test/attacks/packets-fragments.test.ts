import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GATEWAY_MAC } from '../../src/engine/nat/tap.ts';
import { type FrameSocket, openFrameSocket } from '../../src/host/frame-socket.ts';
import { behindHeaders, fragments4, fragments6 } from '../support/fragments.ts';
import { ethernet, ipv6, neighbourAdvert, routerAdvert } from '../support/frames.ts';
import { dhcp, dhcpv6, ipv4Packet, udpHead } from '../support/hostile-frames.ts';
import { HOST, INTERNET, type Instance, newGuest } from '../support/nat-twin.ts';
import { NatWorld } from '../support/nat-world.ts';
import { eventually } from '../support/netns.ts';

/** What is cut into pieces, or stands behind headers that nobody asked for, is looked at like the rest; and pieces that never become whole. */
const world = new NatWorld('pf');
const { spaces, network } = world;
const hostile = newGuest(network, 1);
const honest = newGuest(network, 2, [hostile]);
const { mac, ipv4: own4 = '', ipv6: own6 = '', tap } = hostile.nic as Record<'mac' | 'ipv4' | 'ipv6' | 'tap', string>;
const theirs = honest.nic as { mac: string; ipv4: string; ipv6: string };
const ENDS = { to: GATEWAY_MAC, from: mac };
/** What came as far as a socket of the host would hear it. */
const WATCH = `
table inet watch {
  counter heard { }
  chain input {
    type filter hook input priority 900; policy accept;
    iifname "${tap}" udp dport { 67, 123, 547 } counter name heard
    iifname "${tap}" icmpv6 type { nd-router-advert, nd-neighbor-advert } counter name heard
  }
}`;
const OUTSIDE = `
table netdev watch {
  counter leaked { }
  counter honest { }
  chain wire {
    type filter hook ingress device eth0 priority 0; policy accept;
    meta protocol ip ip saddr != ${HOST.ipv4} counter name leaked
    meta protocol ip6 ip6 saddr { fc00::/7, 2001:db8:99::/48 } counter name leaked
    udp dport 9999 counter name honest
  }
}`;
const ROOM = ['net.ipv4.ipfrag_high_thresh', 'net.ipv4.ipfrag_time', 'net.netfilter.nf_conntrack_frag6_timeout'];
let roomBefore = '';
let link: Instance;
let wire: FrameSocket;

before(async () => {
  link = await world.begin([hostile, honest], {
    beforeLink: async () => {
      roomBefore = await room();
    },
  });
  await spaces.nft('host', WATCH);
  await spaces.nft('internet', OUTSIDE);
  wire = await openFrameSocket(spaces.nameOf('web1'), 'eth0', () => {});
});
after(async () => {
  await wire.close();
  await world.end();
});

async function room(): Promise<string> {
  return (await spaces.run('host', 'sysctl', ['-n', ...ROOM])).stdout;
}

/** All that refuses packets of guests. */
async function refusedInAll(): Promise<number> {
  const { refusedPackets } = await link.call('observe');
  return Object.values(refusedPackets).reduce((sum, one) => sum + one, 0);
}

let identification = 1;
const LARGE = 2000;
const udp4 = (from: string, to: string, port: number, body = Buffer.alloc(64)) => ({
  from,
  to,
  protocol: 17,
  body: udpHead({ from: 4000, to: port }, body),
});
const udp6 = (from: string, to: string, port: number, body = Buffer.alloc(LARGE)) =>
  ipv6(from, to, 17, udpHead({ from: 4000, to: port }, body), 6);
const otherChaddr = udpHead({ from: 68, to: 67 }, dhcp({ chaddr: theirs.mac, options: [[53, Buffer.from([1])]] }));
const padding: [number, Buffer][] = [[16, Buffer.alloc(LARGE)]];
const dhcp6From = (from: string) => ipv6(from, 'ff02::1:2', 17, udpHead({ from: 546, to: 547 }, dhcpv6(1, padding)), 6);
const linkLocal = 'fe80::5054:ff:fe00:1';
const victimLink = 'fe80::5054:ff:fe00:2';
const advert = routerAdvert({ from: linkLocal, to: 'ff02::1' });
const neighbour = neighbourAdvert({ from: own6, to: 'fe80::1', target: theirs.ipv6, mac });
const frame6 = (body: Buffer) => ethernet({ ...ENDS, type: 0x86dd, body });
const pieces6 = (packet: Buffer, bytes = 1280) => fragments6(ENDS, packet, bytes, identification++);

const LIES: Record<string, () => Buffer[]> = {
  'a port of the host, its number in the second fragment': () =>
    fragments4(ENDS, udp4(own4, network.ipv4Gateway, 123), 8),
  'a port of the host, in fragments of IPv6': () => pieces6(udp6(own6, network.ipv6Dns, 123)),
  'a port of the host behind headers of IPv6': () =>
    [0, 60, [0, 60], [60, 60, 60]].map((kinds) =>
      frame6(behindHeaders(udp6(own6, network.ipv6Dns, 123, Buffer.alloc(8)), [kinds].flat() as (0 | 60)[])),
    ),
  'another source, in fragments': () => fragments4(ENDS, udp4('203.0.113.9', INTERNET.ipv4, 9), 16),
  'another source of IPv6, in fragments': () => pieces6(udp6('2001:db8:99::1', INTERNET.ipv6, 9)),
  'another source of IPv6 behind headers': () => [
    frame6(behindHeaders(udp6('2001:db8:99::1', INTERNET.ipv6, 9, Buffer.alloc(8)), [0, 60])),
  ],
  'DHCP for another, in fragments': () =>
    fragments4(ENDS, { from: '0.0.0.0', to: '255.255.255.255', protocol: 17, body: otherChaddr }, 32),
  'DHCPv6 from another’s link-local address, in fragments': () => pieces6(dhcp6From(victimLink)),
  'a router advertisement in an atomic fragment': () => pieces6(advert),
  'a router advertisement behind headers': () => [frame6(behindHeaders(advert, [0, 60, 60]))],
  'a neighbour advertisement in an atomic fragment': () => pieces6(neighbour),
  'a neighbour advertisement behind headers': () => [frame6(behindHeaders(neighbour, [60]))],
};

for (const [what, make] of Object.entries(LIES)) {
  test(`${what}, is heard`, async () => {
    const before = await refusedInAll();
    for (const frame of make()) wire.send(frame);
    await eventually('it is refused', async () => (await refusedInAll()) > before);
    assert.equal((await world.countersOf('host')).heard, 0);
    assert.equal((await world.countersOf('internet')).leaked, 0);
  });
}

test('what is honest and in fragments arrives', async () => {
  for (const frame of fragments4(ENDS, udp4(own4, INTERNET.ipv4, 9999, Buffer.alloc(LARGE)), 1480)) wire.send(frame);
  for (const frame of pieces6(udp6(own6, INTERNET.ipv6, 9999))) wire.send(frame);
  await eventually('both arrive', async () => ((await world.countersOf('internet')).honest ?? 0) >= 2);
  for (const address of [INTERNET.ipv4, INTERNET.ipv6]) await pingsLarge('web2', address);
});

async function pingsLarge(space: string, address: string): Promise<void> {
  await spaces.run(space, 'ping', ['-n', '-c3', '-W3', '-s', '4000', address]);
}

/** First fragments whose rest never comes, of as many datagrams; each held by the kernel for a while, in room that all share. */
async function flood(number: number, make: (at: number) => Buffer): Promise<void> {
  for (let at = 0; at < number; at += 1) wire.send(make(at));
  // What stands behind them in the same queue has gone through.
  const before = (await world.countersOf('internet')).honest ?? 0;
  wire.send(ethernet({ ...ENDS, type: 0x0800, body: ipv4Packet(udp4(own4, INTERNET.ipv4, 9999)) }));
  await eventually('all were sent', async () => ((await world.countersOf('internet')).honest ?? 0) > before, 60_000);
}

test('fragments whose rest never comes take the room of other guests’ and the host’s', async () => {
  const body = udpHead({ from: 4000, to: 9 }, Buffer.alloc(1400));
  await flood(30_000, (at) => {
    const packet = ipv4Packet({ from: own4, to: INTERNET.ipv4, protocol: 17, body, fragment: 0x2000 });
    packet.writeUInt16BE(at & 0xffff, 4);
    return ethernet({ ...ENDS, type: 0x0800, body: withSum(packet) });
  });
  for (const space of ['web2', 'host']) await pingsLarge(space, INTERNET.ipv4);
});

test('nor do those of IPv6', async () => {
  const packet = udp6(own6, INTERNET.ipv6, 9, Buffer.alloc(2400));
  await flood(30_000, (at) => fragments6(ENDS, packet, 1400, at & 0xffff)[0] ?? Buffer.alloc(0));
  for (const space of ['web2', 'host']) await pingsLarge(space, INTERNET.ipv6);
});

/** The header's sum, after another identification was written into it. */
function withSum(packet: Buffer): Buffer {
  packet.writeUInt16BE(0, 10);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += packet.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  packet.writeUInt16BE(~sum & 0xffff, 10);
  return packet;
}

test('with the last guest the kernel has its own room for fragments again', async () => {
  assert.notEqual(await room(), roomBefore);
  for (const { nic } of [hostile, honest]) await link.call('removeTap', nic);
  await link.call('apply', []);
  assert.equal(await room(), roomBefore);
});
