import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GATEWAY_MAC } from '../../src/engine/nat/tap.ts';
import { openFrameSocket } from '../../src/host/frame-socket.ts';
import { ethernet, ipv6 } from '../support/frames.ts';
import { FLAG, ipv4Packet, summed4, tcpHead, udpHead } from '../support/hostile-frames.ts';
import { HOST, newGuest } from '../support/nat-twin.ts';
import { NatWorld } from '../support/nat-world.ts';
import { eventually } from '../support/netns.ts';

/** Every port of the host, from a guest: what reaches a socket is exactly what docs/guides/nat.md says. */
const BROADCAST = '255.255.255.255';
const world = new NatWorld('pp');
const { spaces, network } = world;
const scanner = newGuest(network, 1);
const { mac, ipv4: own4 = '', ipv6: own6 = '', tap } = scanner.nic as Record<'mac' | 'ipv4' | 'ipv6' | 'tap', string>;
const linkLocal = 'fe80::5054:ff:fe00:1';
/** What a scan brings in at once is more than a guest's share. */
const UNLIMITED = 1_000_000;

before(async () => {
  Object.assign(scanner.nic, { maxConnections: UNLIMITED });
  await world.begin([scanner]);
  for (const listen of ['TCP4-LISTEN:22', 'TCP6-LISTEN:22,ipv6only=1', 'UDP4-RECV:123', 'UDP6-RECV:123,ipv6only=1']) {
    spaces.start('host', 'socat', [listen, 'OPEN:/dev/null']);
  }
  // Behind all filters, before the port is written anew: who comes here, a socket may hear.
  await spaces.nft(
    'host',
    `table inet watch {
  set reached4 {
    type ipv4_addr . inet_proto . inet_service
    flags dynamic
    size 65535
  }
  set reached6 {
    type ipv6_addr . inet_proto . inet_service
    flags dynamic
    size 65535
  }
  counter scanned { }
  chain before_all {
    type filter hook prerouting priority -400; policy accept;
    iifname "${tap}" th sport { 68, 546, 40000 } counter name scanned
  }
  chain heard {
    type filter hook input priority 900; policy accept;
    iifname != "${tap}" accept
    meta l4proto { tcp, udp } add @reached4 { ip daddr . meta l4proto . th dport }
    meta l4proto { tcp, udp } add @reached6 { ip6 daddr . meta l4proto . th dport }
  }
}`,
  );
});

after(() => world.end());

async function reached(): Promise<string[]> {
  const { stdout } = await spaces.run('host', 'nft', ['list', 'table', 'inet', 'watch']);
  return [...stdout.matchAll(/([0-9a-f.:]+) \. (tcp|udp) \. (\w+)/g)]
    .map(([, to, protocol, port]) => `${to} ${protocol} ${port === 'domain' ? 53 : port}`)
    .sort();
}

async function scanned(): Promise<number> {
  const { stdout } = await spaces.run('host', 'nft', ['list', 'counters', 'table', 'inet', 'watch']);
  return Number(/packets (\d+)/.exec(stdout)?.[1]);
}

function probe(to: string, protocol: 6 | 17, sourcePort: number, port: number): Buffer {
  const body =
    protocol === 6 ? tcpHead({ from: sourcePort, to: port, flags: FLAG.syn }) : udpHead({ from: sourcePort, to: port });
  const checksumAt = protocol === 6 ? 16 : 6;
  if (to.includes(':')) {
    const from = to.startsWith('f') && to.slice(1, 2) !== 'd' ? linkLocal : own6;
    const packet = ipv6(from, to, protocol, body, checksumAt);
    return ethernet({
      to: to.startsWith('ff') ? '33:33:00:00:00:01' : GATEWAY_MAC,
      from: mac,
      type: 0x86dd,
      body: packet,
    });
  }
  const summed = summed4(own4, to, protocol, body, checksumAt);
  const packet = ipv4Packet({ from: own4, to, protocol, body: summed });
  return ethernet({ to: to === BROADCAST ? 'ff:ff:ff:ff:ff:ff' : GATEWAY_MAC, from: mac, type: 0x0800, body: packet });
}

test('a scan of every port, by TCP and UDP, on every address of the host reaches DNS of the gateway alone', async () => {
  const { ipv4Gateway, ipv6Gateway, ipv6Dns } = network;
  const socket = await openFrameSocket(spaces.nameOf('web1'), 'eth0', () => {});
  const before = await scanned();
  const targets = [ipv4Gateway, HOST.ipv4, BROADCAST, ipv6Gateway, ipv6Dns, HOST.ipv6, 'ff02::1'];
  let sent = 0;
  for (const to of targets) {
    for (const protocol of [6, 17] as const) {
      for (const [sourcePort, ports] of [
        [40_000, all()],
        [68, [67, 69, 546]],
        [546, [547, 67, 68]],
      ] as const) {
        for (const port of ports) {
          socket.send(probe(to, protocol, sourcePort, port));
          sent += 1;
        }
      }
      // A few thousand wait at most: the pipe is not asked to hold the whole scan.
      await eventually('they were sent', async () => (await scanned()) - before > sent - 40_000, 60_000);
    }
  }
  await eventually('all are through', async () => (await scanned()) - before >= sent, 60_000);
  await socket.close();
  assert.deepEqual(
    await reached(),
    [
      `${ipv4Gateway} tcp 53`,
      `${ipv4Gateway} udp 53`,
      `${ipv6Dns} tcp 53`,
      `${ipv6Dns} udp 53`,
      `${ipv6Gateway} tcp 53`,
      `${ipv6Gateway} udp 53`,
    ].sort(),
  );
});

function all(): number[] {
  return Array.from({ length: 65_535 }, (_, index) => index + 1);
}
