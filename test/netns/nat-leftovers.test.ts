import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, afterEach, beforeEach, test } from 'node:test';
import { pathExists } from '../../src/host/files.ts';
import type { GuestNic } from '../../src/model/guest.ts';
import { snapshot } from '../support/nat-snapshot.ts';
import {
  configureGuest,
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

/** What Docker leaves, and another program's table with a set. */
const STRANGERS = `
table ip filter {
  chain DOCKER-USER { }
  chain FORWARD { type filter hook forward priority filter; policy drop; jump DOCKER-USER; }
}
table inet stranger {
  set friends { type ipv4_addr; elements = { 192.0.2.7, 192.0.2.8 } }
  chain nothing { ip saddr @friends counter accept; }
}
`;

let spaces: Namespaces;
let directory = '';
let round = 0;

beforeEach(async () => {
  round += 1;
  spaces = new Namespaces(`nl${round}`);
  directory = await makeDirectory();
  await makeHostAndInternet(spaces);
});

afterEach(async () => {
  await spaces.close();
  await removeDirectory(directory);
});

after(async () => assert.equal(await pathExists(`/etc/netns/${spaces.nameOf('host')}`), false));

async function ping(space: string, target: string): Promise<void> {
  await eventually(`${space} pings ${target}`, async () => {
    const { exitCode } = await spaces.run(space, 'ping', ['-c1', '-W1', target], { okExitCodes: [0, 1, 2] });
    return exitCode === 0;
  });
}

async function setting(key: string): Promise<string> {
  return (await spaces.run('host', 'sysctl', ['-n', key])).stdout.trim();
}

async function takeAway(link: Instance, taps: Pick<GuestNic, 'tap' | 'ipv4' | 'ipv6'>[]): Promise<void> {
  await link.call('apply', []);
  for (const nic of taps) await link.call('removeTap', nic);
}

test('real taps belong to the QEMU user, strangers’ rules stay as they are, and nothing is left after the last guest', async () => {
  await spaces.nft('host', STRANGERS);
  const found = await snapshot(spaces, 'host');
  const network = newNetwork('');
  const link = startInstance(spaces, directory, network);
  const guests = [newGuest(network, 1)];
  guests.push(newGuest(network, 2, guests, [{ protocol: 'tcp', hostAddress: null, hostPort: 80, guestPort: 80 }]));
  for (const { nic } of guests) {
    await link.call('createTap', nic);
    await link.call('createTap', nic);
  }
  await link.call('apply', guests);
  await link.call('apply', guests.slice(0, 1));
  await link.call('apply', guests);

  const strangers = await spaces.run('host', 'nft', ['list', 'table', 'ip', 'filter']);
  assert.ok(found.rules?.includes(strangers.stdout.trim()));
  const { stdout } = await spaces.run('host', 'ip', ['-j', '-d', 'link', 'show', 'dev', String(guests[0]?.nic.tap)]);
  const [tap] = JSON.parse(stdout) as { ifalias: string; linkinfo: { info_data: object } }[];
  assert.deepEqual(tap?.linkinfo.info_data, { ...tap?.linkinfo.info_data, type: 'tap', user: 'nobody', persist: true });
  const seen = await link.call('observe');
  assert.deepEqual(
    seen.taps,
    guests.map(({ nic }) => nic.tap),
  );
  assert.equal(seen.isTableLoaded, true);

  await takeAway(
    link,
    guests.map(({ nic }) => nic),
  );
  assert.deepEqual(await snapshot(spaces, 'host'), found);
  assert.equal((await link.call('observe')).dnsmasqPid, null);
  link.kill();
  await eventually('no process is left', async () => (await spaces.pids('host')).length === 0);
  assert.equal(await pathExists(`${directory}/run/nat`), false);
  assert.equal(await pathExists(`${directory}/state/nat/forwarding.json`), false);
});

test('the QEMU user may attach to its tap, nobody else without rights, and a stranger’s interface is not taken', async () => {
  const network = newNetwork('');
  const link = startInstance(spaces, directory, network);
  const { nic } = newGuest(network, 1);
  await link.call('createTap', nic);
  const attach = (uid: number) => [
    `--reuid=${uid}`,
    `--regid=${uid}`,
    '--clear-groups',
    'socat',
    `TUN,tun-name=${nic.tap},tun-type=tap,iff-no-pi`,
    'STDOUT',
  ];
  // socat wants to change the interface after it attached, which only root may: how far it comes tells who may attach.
  const refused = await spaces.run('host', 'setpriv', attach(1), { okExitCodes: [1] });
  assert.match(refused.stderr, /TUNSETIFF.*not permitted/);
  const attached = await spaces.run('host', 'setpriv', attach(65_534), { okExitCodes: [1] });
  assert.match(attached.stderr, /SIOCSIFFLAGS.*not permitted/);
  await link.call('createTap', nic);

  await spaces.ip('host', ['link add lgstranger type veth peer name lgpeer', 'link set lgstranger alias somebody']);
  await assert.rejects(link.call('createTap', { ...nic, tap: 'lgstranger' }), /not this instance's/);
  await link.call('removeTap', { tap: 'lgstranger', ipv4: null, ipv6: null });
  await spaces.run('host', 'ip', ['link', 'show', 'dev', 'lgstranger']);
});

test('two instances in one namespace do not see each other', async () => {
  const first = newNetwork('');
  const second = newNetwork('/srv/second', [first]);
  const a = startInstance(spaces, `${directory}/a`, first);
  const b = startInstance(spaces, `${directory}/b`, second);
  const guestA = newGuest(first, 1);
  const guestB = { ...newGuest(second, 2), name: 'web2' };
  for (const [network, guest] of [
    [first, guestA],
    [second, guestB],
  ] as const) {
    await plugGuest(spaces, network, guest, { isStatic: false });
  }
  await a.call('createTap', guestA.nic);
  await b.call('createTap', guestB.nic);
  await Promise.all([a.call('apply', [guestA]), b.call('apply', [guestB])]);
  for (const [network, guest] of [
    [first, guestA],
    [second, guestB],
  ] as const) {
    const lease = ['udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-s', '/bin/true'];
    const { stderr } = await spaces.run(guest.name, 'busybox', lease);
    assert.match(stderr, new RegExp(`lease of ${guest.nic.ipv4} obtained from ${network.ipv4Gateway}`));
    await configureGuest(spaces, network, guest);
    await ping(guest.name, INTERNET.ipv4);
  }
  assert.deepEqual((await a.call('observe')).taps, [guestA.nic.tap]);
  await a.call('sweep', []);
  await a.call('apply', []);
  assert.deepEqual((await b.call('observe')).taps, [guestB.nic.tap]);
  await ping('web2', INTERNET.ipv6);
  await ping('web2', INTERNET.ipv4);
  assert.equal(await setting('net.ipv4.conf.uplink.forwarding'), '1');
  await b.call('apply', []);
  assert.equal(await setting('net.ipv4.conf.uplink.forwarding'), '0');
});

test('IPv6 forwards on the taps and the uplink only, where the kernel can', async () => {
  const network = newNetwork('');
  const link = startInstance(spaces, directory, network);
  const guest = newGuest(network, 1);
  await plugGuest(spaces, network, guest, { isStatic: true });
  await link.call('createTap', guest.nic);
  await link.call('apply', [guest]);
  await ping('web1', INTERNET.ipv6);
  const perLink = await pathExists('/proc/sys/net/ipv6/conf/all/force_forwarding');
  assert.equal(await setting('net.ipv6.conf.all.forwarding'), perLink ? '0' : '1');
  assert.equal(await setting('net.ipv4.ip_forward'), '0');
});

for (const perLinkIpv6Forwarding of [true, false]) {
  const how = perLinkIpv6Forwarding ? 'on the uplink' : 'for the whole host';
  test(`an uplink that learns its route from advertisements keeps it while IPv6 forwards ${how}`, async () => {
    await spaces.ip('host', ['route delete ::/0']);
    await spaces.run('internet', 'sysctl', ['-qw', 'net.ipv6.conf.all.forwarding=1']);
    spaces.start('internet', 'dnsmasq', [
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--port=0',
      '--pid-file=',
      '--interface=eth0',
      '--enable-ra',
      '--dhcp-range=2001:db8:1:2::,ra-only',
      '--ra-param=eth0,4,1800',
    ]);
    const routes = async () => (await spaces.run('host', 'ip', ['-6', 'route', 'show', 'default'])).stdout;
    await eventually('the host learns its route', async () => (await routes()).includes('proto ra'), 20_000);

    const network = newNetwork('');
    const link = startInstance(spaces, directory, network, { perLinkIpv6Forwarding });
    const guest = newGuest(network, 1);
    await plugGuest(spaces, network, guest, { isStatic: true });
    await spaces.sysctl('host', `net.ipv6.conf.${guest.nic.tap}.forwarding`, '0');
    const settings = async () => (await snapshot(spaces, 'host')).settings;
    const found = await settings();
    await link.call('createTap', guest.nic);
    await link.call('apply', [guest]);
    if (!perLinkIpv6Forwarding) assert.equal(await setting('net.ipv6.conf.all.forwarding'), '1');
    assert.equal(await setting('net.ipv6.conf.uplink.accept_ra'), '2');
    assert.match(await routes(), /proto ra/);
    await ping('web1', INTERNET.ipv6);

    await link.call('removeTap', guest.nic);
    await link.call('apply', []);
    assert.equal(await settings(), withoutLink(found ?? '', guest.nic.tap));
    assert.match(await routes(), /proto ra/);
  });
}

for (const perLinkIpv6Forwarding of [true, false]) {
  const how = perLinkIpv6Forwarding ? 'on the uplink' : 'for the whole host';
  test(`IPv6 forwarding that another program switches off comes back, where we have it on ${how}`, async () => {
    const network = newNetwork('');
    const link = startInstance(spaces, directory, network, { perLinkIpv6Forwarding });
    const guest = newGuest(network, 1);
    await plugGuest(spaces, network, guest, { isStatic: true });
    await link.call('createTap', guest.nic);
    await link.call('apply', [guest]);
    await ping('web1', INTERNET.ipv6);
    assert.equal(await link.call('isGuarded', [guest.nic]), true);
    for (const value of ['1', '0']) await spaces.sysctl('host', 'net.ipv6.conf.all.forwarding', value);
    assert.equal(await setting(`net.ipv6.conf.${guest.nic.tap}.forwarding`), '0');
    assert.equal(await link.call('isGuarded', [guest.nic]), false);
    await link.call('mend', [guest]);
    assert.equal(await link.call('isGuarded', [guest.nic]), true);
    assert.equal(await setting('net.ipv6.conf.all.forwarding'), perLinkIpv6Forwarding ? '0' : '1');
    await ping('web1', INTERNET.ipv6);
  });
}

test('forwarding that was switched on for the whole host meanwhile is not switched off with our last guest', async () => {
  const network = newNetwork('');
  const link = startInstance(spaces, directory, network);
  const guest = newGuest(network, 1);
  await link.call('createTap', guest.nic);
  await link.call('apply', [guest]);
  await spaces.sysctl('host', 'net.ipv4.ip_forward', '1');
  await takeAway(link, [guest.nic]);
  assert.equal(await setting('net.ipv4.conf.uplink.forwarding'), '1');
});

test('what was noted before a reboot is not put back after it', async () => {
  const network = newNetwork('');
  const link = startInstance(spaces, directory, network);
  const guest = newGuest(network, 1);
  await link.call('createTap', guest.nic);
  await link.call('apply', [guest]);
  const file = `${directory}/state/nat/forwarding.json`;
  const saved = JSON.parse(await readFile(file, 'utf8')) as { bootId: string; changes: { before: string }[] };
  assert.ok(saved.changes.length > 0);
  await writeFile(file, JSON.stringify({ ...saved, bootId: 'another boot' }));
  await takeAway(link, [guest.nic]);
  assert.equal(await setting('net.ipv4.conf.uplink.forwarding'), '1');
});

function withoutLink(settings: string, link: string): string {
  return settings
    .split('\n')
    .filter((line) => !line.includes(`.${link}.`))
    .join('\n');
}
