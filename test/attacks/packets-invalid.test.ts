import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { icmp, ipv4Packet, udpHead } from '../support/hostile-frames.ts';
import { invalidFrames } from '../support/invalid-frames.ts';
import { HOST, INTERNET, type Instance, newGuest } from '../support/nat-twin.ts';
import { NatWorld } from '../support/nat-world.ts';
import { eventually } from '../support/netns.ts';

/**
 * What connection tracking calls invalid is not translated: without a rule it would leave the uplink with the guest's private
 * source, which a provider counts as spoofing. The wire is sniffed at its other end.
 */
const world = new NatWorld('pi');
const { spaces, network } = world;
const liar = newGuest(network, 1);
const { mac, ipv4: own4 = '', ipv6: own6 = '' } = liar.nic as { mac: string; ipv4: string; ipv6: string };
let link: Instance;

before(async () => {
  link = await world.begin([liar]);
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

after(() => world.end());

const counts = () => world.countersOf('internet');
const send = (frame: Buffer) => spaces.run('web1', 'socat', ['-u', 'STDIN', 'INTERFACE:eth0'], { input: frame });

const { invalid, honest, frame4 } = invalidFrames({ mac, ipv4: own4, ipv6: own6 });

for (const [what, frames] of Object.entries(invalid)) {
  test(`${what} does not leave with the guest’s private source`, async () => {
    for (const frame of frames) {
      const before = await counts();
      await send(frame());
      for (const one of honest(9999)) await send(one);
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
  for (const one of honest(4444)) await send(one);
  await eventually('both are counted', async () => {
    const { refusedPackets } = await link.call('observe');
    return (refusedPackets.private_source ?? 0) >= 2;
  });
  const now = await counts();
  assert.deepEqual([now.leaked4, now.leaked6], [before.leaked4, before.leaked6]);
});
