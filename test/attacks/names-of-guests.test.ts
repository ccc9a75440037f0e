import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Ipv4Address, linkLocalFromMac } from '../../src/base/address.ts';
import { type FrameSocket, openFrameSocket } from '../../src/host/frame-socket.ts';
import { ethernet, ipv4, ipv6 } from '../support/frames.ts';
import { DHCP, dhcp, dhcpv6, ipv4Packet, udpHead } from '../support/hostile-frames.ts';
import { newGuest } from '../support/nat-twin.ts';
import { NatWorld } from '../support/nat-world.ts';
import { eventually } from '../support/netns.ts';

/** A guest is called what its owner calls it: what it says of its name when it asks for an address is in nobody's DNS. */
const world = new NatWorld('pm');
const { spaces, network } = world;
const liar = newGuest(network, 1);
const victim = newGuest(network, 2, [liar]);
const { mac, ipv4: own4 } = liar.nic;
const theirs = victim.nic;
/** Another guest, the host, names that programs look for by themselves, and what a file of names must not have in it. */
const NAMES = [
  ...[
    'web2',
    'web2.lodge',
    'host',
    'localhost',
    'gateway',
    'wpad',
    'wpad.lodge',
    'isatap',
    '_ldap._tcp',
    '*',
    'example.org',
  ],
  ...['a b', 'a\n10.0.0.9 web2', 'a\0b', 'é\u202e', '\x1b]0;owned\x07', '-f', '../x', 'x'.repeat(200), ''],
];
const ASKED = ['web1', 'web2', 'web2.lodge', 'host', 'localhost', 'gateway', 'wpad', 'wpad.lodge', 'isatap', 'a'];
const HOW = [`@${network.ipv4Gateway}`, '+noall', '+answer', '+tries=1', '+time=3'];
let answers = 0;
let wire: FrameSocket;

before(async () => {
  await world.begin([liar, victim], { isStatic: (guest) => guest === victim });
  wire = await openFrameSocket(spaces.nameOf('web1'), 'eth0', (frame) => {
    const [type, at] = [frame.readUInt16BE(12), frame.readUInt16BE(12) === 0x0800 ? 34 : 54];
    if (frame.length > at + 8 && [67, 547].includes(frame.readUInt16BE(at)) && type !== 0x0806) answers += 1;
  });
  await eventually('DNS works', async () => (await told(['web1'])).length === 1);
});
after(async () => {
  await wire.close();
  await world.end();
});

/** What the other guest is told of these names: `web2. 0 IN A 10.83.0.3`. */
async function told(names: readonly string[]): Promise<string[]> {
  // The one that asks has a share of questions, too.
  const types = (name: string) => (name === 'web2' ? ['A', 'AAAA'] : ['A']);
  const args = names.flatMap((name) => types(name).flatMap((type) => ['-t', type, '-q', name, ...HOW]));
  const { stdout } = await spaces.run('web2', 'dig', args, { okExitCodes: [0, 9] });
  return stdout.split('\n').filter(Boolean).sort();
}

async function leases(): Promise<string[]> {
  const text = await readFile(join(world.directory, 'run/nat/leases'), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean);
}

/** A question for its own address, with which dnsmasq writes a lease down. */
function requestAs(name: string): void {
  const bytes = Buffer.from(name);
  const labels = Buffer.concat(
    name.split('.').flatMap((label) => [Buffer.from([label.length & 63]), Buffer.from(label)]),
  );
  const options: [number, Buffer][] = [
    [53, Buffer.from([DHCP.request])],
    [50, Buffer.from(ipv4(own4 as Ipv4Address))],
    [61, Buffer.concat([Buffer.from([1]), Buffer.from(theirs.mac.replaceAll(':', ''), 'hex')])],
    [12, bytes.subarray(0, 255)],
    // As text with flag S, and as labels with flag E (RFC 4702).
    [
      81,
      Buffer.concat([
        Buffer.from([name.length % 2 === 0 ? 1 : 5, 0, 0]),
        name.length % 2 === 0 ? bytes : labels,
      ]).subarray(0, 255),
    ],
  ];
  const body = udpHead({ from: 68, to: 67 }, dhcp({ chaddr: mac, options }));
  const packet = ipv4Packet({ from: '0.0.0.0', to: '255.255.255.255', protocol: 17, body });
  wire.send(ethernet({ to: 'ff:ff:ff:ff:ff:ff', from: mac, type: 0x0800, body: packet }));
}

/** The same by DHCPv6 (RFC 4704), with Rapid Commit; the DUID is one that the other guest may have. */
function solicitAs(name: string): void {
  const labels = Buffer.concat(
    name.split('.').flatMap((label) => [Buffer.from([label.length & 63]), Buffer.from(label)]),
  );
  const duid = Buffer.concat([Buffer.from([0, 3, 0, 1]), Buffer.from(theirs.mac.replaceAll(':', ''), 'hex')]);
  const message = dhcpv6(1, [
    [1, duid],
    [3, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])],
    [14, Buffer.alloc(0)],
    [39, Buffer.concat([Buffer.from([1]), labels, Buffer.from([0])])],
  ]);
  const packet = ipv6(linkLocalFromMac(mac), 'ff02::1:2', 17, udpHead({ from: 546, to: 547 }, message), 6);
  wire.send(ethernet({ to: '33:33:00:01:00:02', from: mac, type: 0x86dd, body: packet }));
}

test('a guest that calls itself another guest, the host or a name that is looked for, is that for others', async () => {
  const before = await told(ASKED);
  assert.match(before.join('\n'), new RegExp(`^web2\\.\\s.*\\sA\\s${theirs.ipv4}$`, 'm'));
  for (const name of NAMES) {
    for (const ask of [requestAs, solicitAs]) {
      const heard = answers;
      // Five a second are its share.
      await eventually(`${JSON.stringify(name)} is answered`, async () => {
        ask(name);
        return answers > heard;
      });
    }
    assert.deepEqual(await told(ASKED), before, JSON.stringify(name));
  }
  const lines = (await leases()).filter((line) => !line.startsWith('duid '));
  assert.ok(
    lines.some((line) => line.includes(` ${own4} web1 `)),
    lines.join('\n'),
  );
  for (const line of lines) assert.match(line, /^\d+ \S+ \S+ web1 \S+$/);
});

test('the guest whose client identifier and DUID it took has no leases any more', async () => {
  const program = new URL('../support/dhcpv6-solicit.ts', import.meta.url).pathname;
  const { stdout } = await spaces.run('web2', process.execPath, [program, theirs.mac], { okExitCodes: [0, 1] });
  assert.equal(stdout.trim(), theirs.ipv6);
  const words = ['udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-s', '/bin/true'];
  const { stderr } = await spaces.run('web2', 'busybox', words, { okExitCodes: [0, 1] });
  assert.match(stderr, new RegExp(`lease of ${theirs.ipv4} obtained`));
});
