import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { GATEWAY_MAC } from '../../src/engine/nat/tap.ts';
import { ethernet, ipv4, ipv6, ipv6Bytes, mac as macBytes } from '../support/frames.ts';
import { DHCP, dhcp, dhcpv6, discovery, ipv4Packet, udpHead } from '../support/hostile-frames.ts';
import { HOST, type Instance, newGuest } from '../support/nat-twin.ts';
import { NatWorld } from '../support/nat-world.ts';
import { eventually } from '../support/netns.ts';

/** Frames with honest headers, whose payload says that they are somebody else's. */
const ALL_DHCPV6 = 'ff02::1:2';
const world = new NatWorld('py');
const { spaces, network } = world;
const liar = newGuest(network, 1);
const victim = newGuest(network, 2, [liar]);
const { mac, ipv4: own4 = '', ipv6: own6 = '' } = liar.nic as { mac: string; ipv4: string; ipv6: string };
const theirs = victim.nic as { mac: string; ipv4: string; ipv6: string; tap: string };
const linkLocal = 'fe80::5054:ff:fe00:1';
let link: Instance;

/** What came as far as a socket of the host would hear it, and what the host says to the victim. */
const WATCH = `
table inet watch {
  counter dhcp { }
  counter dhcpv6 { }
  counter discovery { }
  counter to_victim { }
  chain heard {
    type filter hook input priority 900; policy accept;
    iifname != "${liar.nic.tap}" accept
    udp dport 67 counter name dhcp
    udp dport 547 counter name dhcpv6
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } counter name discovery
  }
  chain said {
    type filter hook output priority 900; policy accept;
    oifname "${theirs.tap}" udp sport { 67, 325, 547 } counter name to_victim
  }
}`;

before(async () => {
  link = await world.begin([liar, victim], { isStatic: (guest) => guest === liar });
  await spaces.nft('host', WATCH);
});

after(() => world.end());

const counts = () => world.countersOf('host', ['inet', 'watch']);
const send = (frame: Buffer) => spaces.run('web1', 'socat', ['-u', 'STDIN', 'INTERFACE:eth0'], { input: frame });
const frame4 = (body: Buffer) => ethernet({ to: GATEWAY_MAC, from: mac, type: 0x0800, body });
const frame6 = (body: Buffer, to: string = GATEWAY_MAC) => ethernet({ to, from: mac, type: 0x86dd, body });

type Message = Parameters<typeof dhcp>[0];
const say = (message: Partial<Message>, ends: { from?: string; to?: string; port?: number } = {}) =>
  frame4(
    ipv4Packet({
      from: ends.from ?? '0.0.0.0',
      to: ends.to ?? '255.255.255.255',
      protocol: 17,
      body: udpHead({ from: ends.port ?? 68, to: 67 }, dhcp({ chaddr: mac, options: [], ...message })),
    }),
  );
const kind = (type: number): [number, Buffer] => [53, Buffer.from([type])];
const serverId: [number, Buffer] = [54, ipv4(network.ipv4Gateway)];
const wants = (address: string): [number, Buffer] => [50, ipv4(address)];

const say6 = (type: number, ends: { from?: string; to?: string; port?: number } = {}, duid = mac) =>
  frame6(
    ipv6(
      ends.from ?? linkLocal,
      ends.to ?? ALL_DHCPV6,
      17,
      udpHead(
        { from: ends.port ?? 546, to: 547 },
        dhcpv6(type, [
          [1, duidOf(duid)],
          [3, identityOf(1)],
        ]),
      ),
      6,
    ),
    ends.to === undefined ? '33:33:00:01:00:02' : GATEWAY_MAC,
  );
const duidOf = (address: string) => Buffer.concat([Buffer.from([0, 3, 0, 1]), macBytes(address)]);
const identityOf = (id: number, address: string | null = null) => {
  const inner =
    address === null
      ? Buffer.alloc(0)
      : Buffer.concat([Buffer.from([0, 5, 0, 24]), ipv6Bytes(address), Buffer.alloc(8)]);
  return Buffer.concat([Buffer.from([0, 0, 0, id]), Buffer.alloc(8), inner]);
};
const relayed = () => {
  const inner = dhcpv6(1, [
    [1, duidOf(theirs.mac)],
    [3, identityOf(1)],
  ]);
  const head = Buffer.concat([Buffer.from([12, 0]), ipv6Bytes(theirs.ipv6), ipv6Bytes('fe80::2')]);
  const options = dhcpv6(0, [
    [9, inner],
    [79, Buffer.concat([Buffer.from([0, 1]), macBytes(theirs.mac)])],
  ]).subarray(4);
  return frame6(
    ipv6(linkLocal, ALL_DHCPV6, 17, udpHead({ from: 546, to: 547 }, Buffer.concat([head, options])), 6),
    '33:33:00:01:00:02',
  );
};

const LIES: { what: string; frame: () => Buffer; heard: 'dhcp' | 'dhcpv6' | 'discovery'; counter: string }[] = [
  {
    what: 'DHCP for another guest’s MAC',
    frame: () => say({ chaddr: theirs.mac, options: [kind(DHCP.discover)] }),
    heard: 'dhcp',
    counter: 'spoofed_dhcp',
  },
  {
    what: 'a DHCP request for another guest’s MAC, whose kind is not the first option',
    frame: () => say({ chaddr: theirs.mac, options: [wants(theirs.ipv4), kind(DHCP.request)] }),
    heard: 'dhcp',
    counter: 'spoofed_dhcp',
  },
  {
    what: 'DHCPDECLINE of another guest’s lease',
    frame: () => say({ chaddr: theirs.mac, options: [kind(DHCP.decline), serverId, wants(theirs.ipv4)] }),
    heard: 'dhcp',
    counter: 'spoofed_dhcp',
  },
  {
    what: 'DHCPRELEASE of another guest’s lease',
    frame: () =>
      say(
        { chaddr: theirs.mac, ciaddr: theirs.ipv4, options: [kind(DHCP.release), serverId] },
        { from: own4, to: network.ipv4Gateway },
      ),
    heard: 'dhcp',
    counter: 'spoofed_dhcp',
  },
  {
    what: 'DHCPRELEASE of another’s address by the own MAC',
    frame: () =>
      say({ ciaddr: theirs.ipv4, options: [kind(DHCP.release), serverId] }, { from: own4, to: network.ipv4Gateway }),
    heard: 'dhcp',
    counter: 'spoofed_dhcp',
  },
  {
    what: 'DHCPINFORM whose answer would go to another guest',
    frame: () => say({ ciaddr: theirs.ipv4, options: [kind(DHCP.inform)] }, { from: own4 }),
    heard: 'dhcp',
    counter: 'spoofed_dhcp',
  },
  {
    what: 'a relay agent’s address of another guest',
    frame: () => say({ giaddr: theirs.ipv4, options: [kind(DHCP.discover)] }),
    heard: 'dhcp',
    counter: 'spoofed_dhcp',
  },
  {
    what: 'DHCP to another address of the host',
    frame: () => say({ options: [kind(DHCP.discover)] }, { from: own4, to: HOST.ipv4 }),
    heard: 'dhcp',
    counter: 'host_service',
  },
  {
    what: 'a hardware address of another length',
    frame: () => {
      const frame = say({ chaddr: theirs.mac, options: [kind(DHCP.discover)] });
      // Behind Ethernet, IPv4 and UDP: op, htype, hlen.
      frame[14 + 20 + 8 + 2] = 16;
      return frame;
    },
    heard: 'dhcp',
    counter: 'spoofed_dhcp',
  },
  {
    what: 'DHCPv6 from the guest’s own address, which names no MAC',
    frame: () => say6(1, { from: own6 }),
    heard: 'dhcpv6',
    counter: 'spoofed_dhcp',
  },
  {
    what: 'DHCPv6 to another address of the host',
    frame: () => say6(1, { to: HOST.ipv6, from: own6 }),
    heard: 'dhcpv6',
    counter: 'spoofed_dhcp',
  },
  { what: 'DHCPv6 that a relay forwards', frame: relayed, heard: 'dhcpv6', counter: 'spoofed_dhcp' },
  { what: 'DHCPv6 of a server', frame: () => say6(2), heard: 'dhcpv6', counter: 'spoofed_dhcp' },
  { what: 'a relay’s answer by DHCPv6', frame: () => say6(13), heard: 'dhcpv6', counter: 'spoofed_dhcp' },
  ...(
    [
      ['an advertisement with another’s link address', 136, own6, own6, [[2, theirs.mac]]],
      ['an advertisement from link-local with another’s link address', 136, linkLocal, linkLocal, [[2, theirs.mac]]],
      [
        'a second link address after the own one',
        136,
        own6,
        own6,
        [
          [2, mac],
          [2, theirs.mac],
        ],
      ],
      [
        'another’s link address behind something else',
        136,
        own6,
        own6,
        [
          [14, mac],
          [2, theirs.mac],
        ],
      ],
      ['a question with another’s link address', 135, own6, 'fe80::1', [[1, theirs.mac]]],
      ['a question from link-local with another’s link address', 135, linkLocal, 'fe80::1', [[1, theirs.mac]]],
      ['a check for duplicates that names a link address', 135, '::', own6, [[1, theirs.mac]]],
      ['a question for routers with another’s link address', 133, linkLocal, undefined, [[1, theirs.mac]]],
    ] as [string, 133 | 135 | 136, string, string | undefined, [number, string][]][]
  ).map(([what, type, from, target, options]) => ({
    what,
    frame: () => frame6(discovery({ type, from, to: 'fe80::1', ...(target === undefined ? {} : { target }), options })),
    heard: 'discovery' as const,
    counter: 'spoofed_link_address',
  })),
];

for (const { what, frame, heard, counter } of LIES) {
  test(`${what} is counted as ${counter} and heard by nobody`, async () => {
    const refused = async () => (await link.call('observe')).refusedPackets[counter] ?? 0;
    const before = { refused: await refused(), counts: await counts() };
    await send(frame());
    await eventually(`${counter} counts`, async () => (await refused()) > before.refused);
    const now = await counts();
    assert.equal(now[heard], before.counts[heard]);
    assert.equal(now.to_victim, before.counts.to_victim);
    const { stdout } = await spaces.run('host', 'ip', ['neighbour', 'show', 'dev', liar.nic.tap]);
    assert.ok(!stdout.includes(theirs.mac), stdout);
  });
}

const TRUTHS: { what: string; frame: () => Buffer; heard: 'dhcp' | 'dhcpv6' | 'discovery' }[] = [
  { what: 'DHCPDISCOVER', frame: () => say({ options: [kind(DHCP.discover)] }), heard: 'dhcp' },
  {
    what: 'a renewal of the own lease',
    frame: () => say({ ciaddr: own4, options: [kind(DHCP.request)] }, { from: own4, to: network.ipv4Gateway }),
    heard: 'dhcp',
  },
  {
    what: 'a rebinding of the own lease',
    frame: () => say({ ciaddr: own4, options: [kind(DHCP.request)] }, { from: own4 }),
    heard: 'dhcp',
  },
  ...[1, 3, 4, 5, 6, 8, 9, 11].map((type) => ({
    what: `DHCPv6 of kind ${type}`,
    frame: () => say6(type),
    heard: 'dhcpv6' as const,
  })),
  {
    what: 'an advertisement with the own link address',
    frame: () => frame6(discovery({ type: 136, from: own6, to: 'fe80::1', target: own6, options: [[2, mac]] })),
    heard: 'discovery',
  },
  {
    what: 'an advertisement without one',
    frame: () => frame6(discovery({ type: 136, from: own6, to: 'fe80::1', target: own6, options: [] })),
    heard: 'discovery',
  },
  {
    what: 'a question with the own link address',
    frame: () =>
      frame6(discovery({ type: 135, from: linkLocal, to: 'fe80::1', target: 'fe80::1', options: [[1, mac]] })),
    heard: 'discovery',
  },
  {
    what: 'a check for duplicates with a nonce',
    frame: () =>
      frame6(discovery({ type: 135, from: '::', to: 'fe80::1', target: own6, options: [[14, '01:02:03:04:05:06']] })),
    heard: 'discovery',
  },
  {
    what: 'a question for routers with the own link address',
    frame: () =>
      frame6(discovery({ type: 133, from: linkLocal, to: 'ff02::2', options: [[1, mac]] }), '33:33:00:00:00:02'),
    heard: 'discovery',
  },
  {
    what: 'a question for routers without an address',
    frame: () => frame6(discovery({ type: 133, from: '::', to: 'ff02::2', options: [] }), '33:33:00:00:00:02'),
    heard: 'discovery',
  },
];

for (const { what, frame, heard } of TRUTHS) {
  test(`${what} is heard`, async () => {
    const before = await counts();
    await send(frame());
    await eventually('it is heard', async () => ((await counts())[heard] ?? 0) > (before[heard] ?? 0));
  });
}

async function leaseOfVictim(): Promise<string> {
  const args = ['udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-t', '3', '-T', '1', '-s', '/bin/true'];
  const { stderr } = await spaces.run('web2', 'busybox', args, { okExitCodes: [0, 1] });
  return /lease of (\S+) obtained/.exec(stderr)?.[1] ?? stderr;
}

/** The victim's client says this of itself (RFC 2132 section 9.14); whoever repeats it is not the victim. */
const theirClientId: [number, Buffer] = [61, Buffer.concat([Buffer.from([1]), macBytes(theirs.mac)])];

test('whoever repeats the client identifier of another guest does not touch its lease', async () => {
  assert.equal(await leaseOfVictim(), theirs.ipv4);
  const leases = () => readFileSync(`${world.directory}/run/nat/leases`, 'utf8');
  await eventually('the lease is kept', () => leases().includes(theirs.ipv4));
  const before = await counts();
  await send(say({ options: [kind(DHCP.decline), theirClientId, serverId, wants(theirs.ipv4)] }));
  await send(say({ options: [kind(DHCP.request), theirClientId, wants(theirs.ipv4)] }));
  await send(
    say(
      { ciaddr: own4, options: [kind(DHCP.release), theirClientId, serverId] },
      { from: own4, to: network.ipv4Gateway },
    ),
  );
  await eventually('all three are heard', async () => ((await counts()).dhcp ?? 0) >= (before.dhcp ?? 0) + 3);
  assert.equal(await leaseOfVictim(), theirs.ipv4);
  const line = leases()
    .split('\n')
    .find((one) => one.includes(` ${theirs.ipv4} `));
  assert.match(line ?? '', new RegExp(theirs.mac));
});

test('whoever repeats the DUID of another guest is not given its address, and cannot keep it from the guest', async () => {
  const solicit = new URL('../support/dhcpv6-solicit.ts', import.meta.url).pathname;
  const offered = async () => (await spaces.run('web2', process.execPath, [solicit, theirs.mac])).stdout.trim();
  await spaces.ip('web2', [`address replace ${theirs.ipv6}/128 dev eth0 nodad`]);
  assert.equal(await offered(), theirs.ipv6);
  const before = await counts();
  const message = (type: number) =>
    frame6(
      ipv6(
        linkLocal,
        ALL_DHCPV6,
        17,
        udpHead(
          { from: 546, to: 547 },
          dhcpv6(type, [
            [1, duidOf(theirs.mac)],
            [3, identityOf(1, theirs.ipv6)],
          ]),
        ),
        6,
      ),
      '33:33:00:01:00:02',
    );
  for (const type of [3, 5, 6, 9, 8, 1]) await send(message(type));
  await eventually('all are heard', async () => ((await counts()).dhcpv6 ?? 0) >= (before.dhcpv6 ?? 0) + 6);
  assert.equal(await offered(), theirs.ipv6);
});

test('a guest has one lease of each family, however many it says it is', async () => {
  const before = await counts();
  for (let number = 1; number <= 40; number += 1) {
    const name = Buffer.from([1, 2, 0, 0, 0, 0, number]);
    await send(say({ options: [kind(DHCP.request), [61, name], wants(own4)] }));
    const duid = Buffer.concat([Buffer.from([0, 3, 0, 1]), name.subarray(1)]);
    const message = dhcpv6(3, [
      [1, duid],
      [3, identityOf(number, own6)],
    ]);
    const packet = ipv6(linkLocal, ALL_DHCPV6, 17, udpHead({ from: 546, to: 547 }, message), 6);
    await send(frame6(packet, '33:33:00:01:00:02'));
  }
  await eventually('those within its share are heard', async () => {
    const now = await counts();
    return (now.dhcp ?? 0) + (now.dhcpv6 ?? 0) > (before.dhcp ?? 0) + (before.dhcpv6 ?? 0);
  });
  const leases = readFileSync(`${world.directory}/run/nat/leases`, 'utf8').split('\n');
  for (const address of [own4, own6]) assert.ok(leases.filter((line) => line.includes(` ${address} `)).length <= 1);
});
