import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { GuestNic } from '../../src/model/guest.ts';
import { cachedImage } from '../support/cached-image.ts';
import { arpReply, ethernet, ipv4Udp, ipv6Udp, neighbourAdvert } from '../support/frames.ts';
import { GuestShell } from '../support/guest-shell.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { eventually } from '../support/netns.ts';

const NAMES = ['anna', 'bert', 'cleo'] as const;
/** Three boots share the host's processors. */
const BOOT_LIMIT_MS = 600_000;
const LIES = 9999;
const TRUTH = 9998;

let lodge: LodgeInstance;
before(async () => {
  lodge = await LodgeInstance.open('lg3');
  await lodge.addImage('debian-12', await cachedImage('debian-12'), 'credentials');
});
after(() => lodge.close());

const shell = (name: string) => new GuestShell(lodge, name, BOOT_LIMIT_MS);

test('three creates at once, with no daemon before them, end with three working guests', async () => {
  const create = (name: string) => ['create', name, '--image', 'debian-12', '--memory', '512MiB'];
  const made = await Promise.all(NAMES.map((name) => lodge.run(create(name), {}, { timeoutMs: BOOT_LIMIT_MS })));
  for (const { exitCode, stderr } of made) assert.equal(exitCode, 0, stderr);
  for (const name of NAMES) assert.equal(await shell(name).run('hostname'), name);
  const nics = await Promise.all(NAMES.map(nicOf));
  for (const key of ['mac', 'tap', 'ipv4', 'ipv6'] as const) assert.equal(new Set(nics.map((nic) => nic[key])).size, 3);
  for (const { ipv4, ipv6 } of nics.slice(1)) {
    for (const address of [ipv4, ipv6])
      assert.match(await shell('anna').run(`ping -c 2 ${address}`), / 0% packet loss/);
  }
});

test('what a guest sends from another one’s addresses is dropped and counted; what it sends as itself arrives', async () => {
  const [anna, bert, cleo] = await Promise.all(NAMES.map(nicOf));
  assert.ok(anna !== undefined && bert !== undefined && cleo !== undefined);
  const gateway = (await inHost('cat', [`/sys/class/net/${anna.tap}/address`])).trim();
  const udp4 = (mac: string, from: string | null, targetPort: number) => {
    const body = ipv4Udp({ from: String(from), to: String(cleo.ipv4), sourcePort: 1234, targetPort });
    return ethernet({ to: gateway, from: mac, type: 0x0800, body });
  };
  const udp6 = (mac: string, from: string | null, targetPort: number) => {
    const body = ipv6Udp({ from: String(from), to: String(cleo.ipv6), sourcePort: 1234, targetPort });
    return ethernet({ to: gateway, from: mac, type: 0x86dd, body });
  };
  const arp = { senderMac: anna.mac, senderIp: String(bert.ipv4), targetMac: gateway, targetIp: String(bert.ipv4) };
  const advert = { from: String(anna.ipv6), to: 'ff02::1', target: String(bert.ipv6), mac: anna.mac };
  const lies: [counter: string, frame: Buffer][] = [
    ['spoofed_ipv4', udp4(anna.mac, bert.ipv4, LIES)],
    ['spoofed_ipv6', udp6(anna.mac, bert.ipv6, LIES)],
    ['spoofed_mac', udp4(bert.mac, anna.ipv4, LIES)],
    ['spoofed_mac', udp4(bert.mac, bert.ipv4, LIES)],
    ['spoofed_mac', udp6(bert.mac, bert.ipv6, LIES)],
    ['spoofed_arp', ethernet({ to: gateway, from: anna.mac, type: 0x0806, body: arpReply(arp) })],
    [
      'neighbour_advert',
      ethernet({ to: '33:33:00:00:00:01', from: anna.mac, type: 0x86dd, body: neighbourAdvert(advert) }),
    ],
  ];
  const before = await counters();
  const neighbours = await inHost('ip', ['neighbour', 'show', 'nud', 'permanent']);
  const atCleo = watch(cleo.tap, `udp portrange ${TRUTH}-${LIES}`);
  const atBert = watch(bert.tap, `ether src ${anna.mac} or udp port ${LIES}`);
  await Promise.all([atCleo.ready, atBert.ready]);

  await sendFrames(
    'anna',
    lies.map(([, frame]) => frame),
  );
  // The honest ones come last on the same way: when they are there, the others would be.
  await sendFrames('anna', [udp4(anna.mac, anna.ipv4, TRUTH), udp6(anna.mac, anna.ipv6, TRUTH)]);
  await eventually('the honest packets', () => atCleo.said().split(`.${TRUTH}:`).length > 2, BOOT_LIMIT_MS);
  assert.ok(!atCleo.said().includes(String(LIES)), atCleo.said());
  assert.equal(atBert.said(), '');

  const now = await counters();
  for (const name of new Set(lies.map(([counter]) => counter))) {
    const told = lies.filter(([counter]) => counter === name).length;
    assert.equal(now.get(name), (before.get(name) ?? 0) + told, name);
  }
  assert.equal(await inHost('ip', ['neighbour', 'show', 'nud', 'permanent']), neighbours);
});

test('the guest’s own tools cannot lie either, while its own traffic passes', async () => {
  const [bert, cleo] = await Promise.all([nicOf('bert'), nicOf('cleo')]);
  const [anna, own] = [shell('anna'), await nicOf('anna')];
  // While networkd sets the link up, it takes away addresses that are not its own.
  await anna.until('networkctl status eth0', /routable \(configured\)/);
  for (const [from, as, to, counter] of [
    [bert.ipv4, own.ipv4, cleo.ipv4, 'spoofed_ipv4'],
    [bert.ipv6, own.ipv6, cleo.ipv6, 'spoofed_ipv6'],
  ] as const) {
    const before = (await counters()).get(counter) ?? 0;
    await anna.run(`ip address add ${from} dev eth0 ${from?.includes(':') ? 'nodad' : ''}`);
    const both = `ping -c 3 -W 2 -I ${from} ${to} >/tmp/lie 2>&1 & ping -c 3 -I ${as} ${to}; wait; cat /tmp/lie`;
    const said = await anna.run(both);
    assert.match(said, /3 received, 0% packet loss[\s\S]*0 received, .*100% packet loss/);
    // Its kernel may choose the false address for other packets too, and those are dropped as well.
    const dropped = ((await counters()).get(counter) ?? 0) - before;
    assert.ok(dropped >= 3, `${counter} grew by ${dropped}`);
    await anna.run(`ip address delete ${from} dev eth0`);
  }
});

test('three rm at once leave nothing', async () => {
  const gone = await Promise.all(NAMES.map((name) => lodge.run(['rm', name, '--yes'])));
  for (const { exitCode, stderr } of gone) assert.equal(exitCode, 0, stderr);
  assert.deepEqual(await lodge.leftovers(), []);
});

async function nicOf(name: string): Promise<GuestNic> {
  return (await lodge.show(name)).spec.nic;
}

async function inHost(program: string, args: string[]): Promise<string> {
  return (await lodge.namespaces.run('host', program, args)).stdout;
}

/** Packets refused so far, by reason. */
async function counters(): Promise<Map<string, number>> {
  const listed = JSON.parse(await inHost('nft', ['-j', 'list', 'counters'])) as {
    nftables: { counter?: { name: string; packets: number } }[];
  };
  const found = listed.nftables.flatMap(({ counter }) => (counter === undefined ? [] : [counter]));
  return new Map(found.map(({ name, packets }) => [name, packets]));
}

/** Sends frames as they are out of a guest's NIC, by packet(7): its perl can do that much. */
async function sendFrames(guest: string, frames: Buffer[]): Promise<void> {
  // struct sockaddr_ll: family, protocol, interface, then what a sender may leave empty.
  const program = `socket(S, 17, 3, 0) or die $!; open(I, "/sys/class/net/eth0/ifindex"); $to = pack("SnlSCCa8", 17, 3, <I>, 0, 0, 6, "");
    for (@ARGV) { send(S, pack("H*", $_), 0, $to) or die $! }`;
  await shell(guest).run(`perl -e '${program}' ${frames.map((frame) => frame.toString('hex')).join(' ')}`);
}

/** What passes a tap, as tcpdump says it. */
function watch(tap: string, filter: string): { ready: Promise<unknown>; said(): string } {
  const child = lodge.namespaces.start('host', 'tcpdump', ['-i', tap, '-nl', filter]);
  let said = '';
  let talk = '';
  child.stdout?.on('data', (data) => {
    said += data;
  });
  child.stderr?.on('data', (data) => {
    talk += data;
  });
  return { ready: eventually('tcpdump listens', () => talk.includes('listening on')), said: () => said };
}
