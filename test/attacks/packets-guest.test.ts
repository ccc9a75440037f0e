import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cachedImage } from '../support/cached-image.ts';
import { invalidFrames } from '../support/invalid-frames.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { HOST, INTERNET } from '../support/nat-twin.ts';
import { eventually } from '../support/netns.ts';

/** Root in a booted Debian, against the host as Lodge made it: what the other files try from a namespace in a guest's place. */
const SHARE = 60;
let lodge: LodgeInstance;
let guest: { mac: string; ipv4: string; ipv6: string };

/** Holds what comes, in both families. */
const HOLDER = `
for (const host of ['0.0.0.0', '::'])
  require('node:net').createServer((socket) => socket.on('error', () => {}).resume())
    .listen({ port: 7000, host, ipv6Only: true, backlog: 4096 }, () => console.log('listening'));
`;
/** Begins so many connections at once and holds them until its input ends. */
const HOARD = `use Socket; use Fcntl; my @all;
for (1 .. 200) {
  socket(my $s, PF_INET, SOCK_STREAM, 0) or die;
  fcntl($s, F_SETFL, O_NONBLOCK);
  connect($s, pack_sockaddr_in(7000, inet_aton("${INTERNET.ipv4}")));
  push @all, $s;
}
<STDIN>;`;
/** Frames in hexadecimal, one a line, out of eth0: AF_PACKET is 17, SOCK_RAW 3. */
const FRAMES = `open(my $f, "<", "/sys/class/net/eth0/ifindex") or die; my $i = <$f> + 0;
socket(my $s, 17, 3, 0) or die "socket: $!";
while (<STDIN>) { chomp; send($s, pack("H*", $_), 0, pack("S n i S C C a8", 17, 3, $i, 0, 0, 0, "")) or die "send: $!"; }
print "sent\\n";`;

before(async () => {
  lodge = await LodgeInstance.open('lgpg');
  const { namespaces } = lodge;
  await namespaces.add('internet');
  await namespaces.connect('host', 'uplink', 'internet', 'eth0');
  await namespaces.ip('internet', [
    `address add ${INTERNET.ipv4}/24 dev eth0`,
    `address add ${INTERNET.ipv6}/64 dev eth0 nodad`,
  ]);
  await namespaces.ip('host', [
    `address add ${HOST.ipv4}/24 dev uplink`,
    `address add ${HOST.ipv6}/64 dev uplink nodad`,
    `route add default via ${INTERNET.ipv4}`,
    `route add ::/0 via ${INTERNET.ipv6}`,
  ]);
  const holder = namespaces.start('internet', process.execPath, ['-e', HOLDER]);
  await new Promise((resolve) => holder.stdout?.once('data', resolve));
  await namespaces.nft(
    'internet',
    `table netdev watch {
  counter leaked { }
  counter honest { }
  chain wire {
    type filter hook ingress device eth0 priority 0; policy accept;
    ip saddr != ${HOST.ipv4} counter name leaked
    ip6 saddr fc00::/7 counter name leaked
    udp dport 9999 counter name honest
  }
}`,
  );
  await lodge.addImage('debian-12', await cachedImage('debian-12'), 'credentials');
  const options = ['--image', 'debian-12', '--memory', '512MiB', '--max-connections', String(SHARE)];
  const made = await lodge.run(['create', 'web1', ...options]);
  assert.equal(made.exitCode, 0, made.stderr);
  guest = (await lodge.show('web1')).spec.nic as typeof guest;
});
after(() => lodge.close());

async function countersOf(space: string): Promise<Record<string, number>> {
  const { stdout } = await lodge.namespaces.run(space, 'nft', ['-j', 'list', 'counters']);
  const { nftables } = JSON.parse(stdout) as { nftables: { counter?: { name: string; packets: number } }[] };
  return Object.fromEntries(nftables.flatMap(({ counter }) => (counter ? [[counter.name, counter.packets]] : [])));
}

test('packets that tracking calls invalid do not leave with the guest’s private source', async () => {
  const { invalid, honest } = invalidFrames(guest);
  const frames = [...Object.values(invalid).flatMap((each) => each.map((make) => make())), ...honest(9999)];
  const input = frames.map((frame) => `${frame.toString('hex')}\n`).join('');
  const sent = await lodge.run(['ssh', 'web1', '--', `perl -e '${FRAMES}'`], {}, { input });
  assert.equal(sent.stdout, 'sent\n', sent.stderr);
  const seen = await eventually('the honest ones arrive', async () => {
    const counters = await countersOf('internet');
    return (counters.honest ?? 0) >= 2 ? counters : null;
  });
  assert.equal(seen.leaked, 0);
  assert.ok(((await countersOf('host')).invalid ?? 0) > 20);
});

test('a guest that takes all connections has its share; its owner comes in, and the host has room', async () => {
  const hoard = lodge.spawn(['ssh', 'web1', '--', `perl -e '${HOARD}'`]);
  await eventually('it is refused', async () => ((await countersOf('host')).over_connections ?? 0) > 100, 60_000);
  const { stdout } = await lodge.namespaces.run('host', 'conntrack', ['-L', '-s', guest.ipv4]);
  assert.ok(stdout.split('\n').filter(Boolean).length <= SHARE + 5, stdout);
  for (let number = 0; number < 5; number += 1) {
    assert.equal((await lodge.run(['ssh', 'web1', '--', 'true'])).exitCode, 0);
    const args = ['-u', '/dev/null', `TCP4:${INTERNET.ipv4}:7000,connect-timeout=5`];
    await lodge.namespaces.run('host', 'socat', args);
  }
  hoard.stdin?.end('\n');
});

test('an event tells that the guest has met its limit, and the metrics count it', async () => {
  const metrics = await lodge.run(['api', 'GET', '/v1/metrics']);
  assert.match(metrics.stdout, /lodge_guest_refused_packets_total\{guest="web1",share="connections"\} \d+/);
  const events = lodge.spawn(['events', '--json', '--since', '0']);
  let told = '';
  events.stdout?.on('data', (text) => (told += text));
  await eventually('the event', () => /"type":"guest.limit","guest":"web1","share":"connections"/.test(told), 60_000);
  events.kill();
});
