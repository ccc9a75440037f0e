import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { renderCredentials } from '../../src/render/identity.ts';
import { IDENTITY_SCRIPT } from '../../src/render/image-identity.ts';
import { sampleIdentity } from '../support/identity-sample.ts';
import { makeDirectory, removeDirectory } from '../support/nat-twin.ts';
import { eventually, Namespaces } from '../support/netns.ts';

// The image's own early script against a link on which router advertisements never stop: two hundred boots, and each of them ends with
// exactly what the host gave. The advertised prefix is the guest's own, as Lodge's dnsmasq has it: SLAAC makes the very address.
const RUNS = 200;
const PREFIX = 'fd12:3456:789a::';
const MAC = '52:54:00:12:34:56';
const SLAAC = `${PREFIX.slice(0, -1)}0:5054:ff:fe12:3456`;
const WANTED = {
  addresses: ['10.83.16.2/20', `${SLAAC}/128`],
  routes: ['default via 10.83.16.1 proto static', 'default via fe80::1 proto static'],
};

/** When the advertisement comes: the link was up with an address of it, before; while the script runs; after it. */
const MOMENTS = ['before', 'during', 'after', 'DHCP before'] as const;

const spaces = new Namespaces('ir');
let directory = '';

before(async () => {
  directory = await makeDirectory();
  await spaces.add('guest');
  await spaces.add('router');
  await spaces.connect('guest', 'ens3', 'router', 'tap');
  await spaces.ip('guest', ['link set ens3 down', `link set ens3 address ${MAC}`]);
  await spaces.ip('router', ['link set tap address ee:ee:ee:00:00:01', 'address add fe80::1/64 dev tap nodad']);
  await spaces.sysctl('router', 'net.ipv6.conf.all.forwarding', '1');
  await writeGuest();
  await startAdvertising();
});

after(async () => {
  await spaces.close();
  await removeDirectory(directory);
});

/** radvd answers every question of the guest's, and a socket says the same a thousand times a second. */
async function startAdvertising(): Promise<void> {
  const interval = 'MinRtrAdvInterval 0.03; MaxRtrAdvInterval 0.07; MinDelayBetweenRAs 0.03; AdvSendAdvert on;';
  await writeFile(
    `${directory}/radvd.conf`,
    `interface tap { ${interval} AdvDefaultLifetime 1800; prefix ${PREFIX}/64 { AdvOnLink off; AdvAutonomous on; }; };\n`,
  );
  spaces.start('router', 'radvd', [
    '-n',
    '-m',
    'stderr',
    '-C',
    `${directory}/radvd.conf`,
    '-p',
    `${directory}/radvd.pid`,
  ]);
  spaces.start('router', 'python3', ['-c', FLOOD]);
  await spaces.ip('guest', ['link set ens3 up']);
  await hasAdvertised();
}

/** A router advertisement to all nodes: default router for 30 min, the prefix for SLAAC and not on the link. */
const FLOOD = `
import socket, struct, time
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex('tap'))
s.bind(('fe80::1', 0, 0, socket.if_nametoindex('tap')))
prefix = struct.pack('!BBBBIII', 3, 4, 64, 0x40, 86400, 14400, 0) + socket.inet_pton(socket.AF_INET6, '${PREFIX}')
packet = struct.pack('!BBHBBHII', 134, 0, 0, 64, 0, 1800, 0, 0) + prefix
while True:
    try:
        s.sendto(packet, ('ff02::1', 0, 0, socket.if_nametoindex('tap')))
    except OSError:
        pass
    time.sleep(0.001)
`;

/** What a guest of ours finds at its first moment: credentials, and a system that has never booted. */
async function writeGuest(): Promise<void> {
  const { addressing } = sampleIdentity();
  const ipv4 = { address: '10.83.16.2', prefixLength: 20, gateway: '10.83.16.1', gatewayOnLink: false };
  const ipv6 = { address: SLAAC, prefixLength: 128, gateway: 'fe80::1', gatewayOnLink: true };
  const identity = sampleIdentity({ addressing: { ...addressing, mac: MAC, ipv4, ipv6 } as never });
  await mkdir(`${directory}/credentials`);
  await mkdir(`${directory}/etc/ssh`, { recursive: true });
  await writeFile(`${directory}/etc/hosts`, '127.0.0.1 localhost\n127.0.1.1 debian\n');
  await writeFile(`${directory}/etc/hostname`, 'debian\n');
  await writeFile(`${directory}/identity`, IDENTITY_SCRIPT, { mode: 0o755 });
  for (const { name, content } of renderCredentials(identity))
    await writeFile(`${directory}/credentials/${name}`, content);
}

/** The script sees /etc, /run and /var/lib of a guest, and a host name of its own. */
const IN_GUEST = `set -e
mount -t tmpfs none /var/lib
mount -t tmpfs none /run
mkdir -p /run/credentials/@system
mount --bind "$1/credentials" /run/credentials/@system
mount --bind "$1/etc" /etc
exec "$1/identity"
`;

function runScript() {
  const own = ['--mount', '--uts', '--propagation', 'private'];
  return spaces.run('guest', 'unshare', [...own, 'sh', '-c', IN_GUEST, 'sh', directory]);
}

/** The kernel as it is after power on: link down, no address, everything taken that is advertised. */
async function powerOn(): Promise<void> {
  const settings = ['accept_ra', 'autoconf'].map((key) => `echo 1 > /proc/sys/net/ipv6/conf/ens3/${key}`);
  const commands = ['ip link set ens3 down', 'ip address flush dev ens3', ...settings];
  await spaces.run('guest', 'sh', ['-ec', commands.join('\n')]);
}

function hasAdvertised(): Promise<unknown> {
  return eventually('an address by SLAAC', async () => (await look()).addresses.some((one) => one.startsWith(SLAAC)));
}

interface Link {
  addr_info?: { local: string; prefixlen: number; scope: string; tentative?: true; dadfailed?: true }[];
}
interface Route {
  dst: string;
  gateway?: string;
  protocol: string;
}

/** Addresses that the whole world may use, and default routes, of both families: one process for all. */
async function look(): Promise<typeof WANTED> {
  const asked = ['address show dev ens3', '-4 route show default', '-6 route show default'];
  const script = asked.map((words) => `ip -j ${words}; echo`).join('\n');
  const { stdout } = await spaces.run('guest', 'sh', ['-c', script]);
  const [links = '', ...routes] = stdout.split('\n').filter((line) => line.startsWith('['));
  const isRoute = (route: Partial<Route>): route is Route => route.dst !== undefined;
  return {
    addresses: (JSON.parse(links) as Link[])
      .flatMap(({ addr_info }) => addr_info ?? [])
      .filter(({ scope }) => scope === 'global')
      .map((one) => `${one.local}/${one.prefixlen}${one.tentative || one.dadfailed ? ' not usable' : ''}`),
    routes: routes
      .flatMap((text) => JSON.parse(text) as Partial<Route>[])
      .filter(isRoute)
      .map(({ dst, gateway, protocol }) => `${dst} via ${gateway} proto ${protocol}`),
  };
}

async function advertisementsTaken(): Promise<number> {
  const { stdout } = await spaces.run('guest', 'cat', ['/proc/net/snmp6']);
  return Number(/^Icmp6InRouterAdvertisements\s+(\d+)/m.exec(stdout)?.[1]);
}

async function bootAt(moment: (typeof MOMENTS)[number]): Promise<void> {
  await powerOn();
  if (moment === 'before') {
    await spaces.ip('guest', ['link set ens3 up']);
    await hasAdvertised();
  }
  if (moment === 'DHCP before') {
    const leased = ['address add 10.83.16.2/24 dev ens3', 'address add 10.83.16.77/20 dev ens3', 'link set ens3 up'];
    await spaces.ip('guest', [...leased, 'route add default via 10.83.16.9']);
  }
  const { stdout, stderr } = await runScript();
  assert.equal(stdout + stderr, '', moment);
  if (moment === 'after') {
    const seen = await advertisementsTaken();
    await eventually('more advertisements', async () => (await advertisementsTaken()) > seen + 2);
  }
  assert.deepEqual(await look(), WANTED, moment);
}

test(`${RUNS} boots under a flood of advertisements end with the host’s addresses and routes, and without an error`, {
  timeout: 240_000,
}, async () => {
  for (let run = 0; run < RUNS; run += 1) {
    await bootAt(MOMENTS[run % MOMENTS.length] ?? 'before');
  }
});

test('a guest whose owner has switched IPv6 off gets IPv4, and no error', async () => {
  await powerOn();
  await spaces.sysctl('guest', 'net.ipv6.conf.ens3.disable_ipv6', '1');
  const { stdout, stderr } = await runScript();
  assert.equal(stdout + stderr, '');
  assert.deepEqual((await look()).addresses, ['10.83.16.2/20']);
  await spaces.sysctl('guest', 'net.ipv6.conf.ens3.disable_ipv6', '0');
});
