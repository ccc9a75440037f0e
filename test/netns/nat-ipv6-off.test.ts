import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, test } from 'node:test';
import type { NatGuest } from '../../src/model/nat-guest.ts';
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

// The kernel that has no IPv6 at all is in test/host: no namespace can be without.
let spaces: Namespaces;
let directory = '';
let round = 0;
const network = newNetwork('');
const web1 = newGuest(network, 1);
const web2 = newGuest(network, 2, [web1]);
const guests = [web1, web2];

beforeEach(async () => {
  round += 1;
  spaces = new Namespaces(`n6${round}`);
  directory = await makeDirectory();
  await makeHostAndInternet(spaces);
});

afterEach(async () => {
  await spaces.close();
  await removeDirectory(directory);
});

async function open(programs: string | null = null): Promise<Instance> {
  for (const guest of guests) await plugGuest(spaces, network, guest, { isStatic: false });
  const link = startInstance(spaces, directory, network, {}, { programs });
  for (const { nic } of guests) await link.call('createTap', nic);
  await link.call('apply', guests);
  return link;
}

const answers = async (space: string, target: string) =>
  (await spaces.run(space, 'ping', ['-c1', '-W1', target], { okExitCodes: [0, 1, 2] })).exitCode === 0;

const reaches = (space: string, target: string) =>
  eventually(`${space} reaches ${target}`, () => answers(space, target), 20_000);

/** DHCP, DNS and the internet over IPv4. */
async function assertIpv4Works(guest: NatGuest): Promise<void> {
  const { nic, name } = guest;
  const lease = ['udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-s', '/bin/true'];
  const { stderr } = await spaces.run(name, 'busybox', lease);
  assert.match(stderr, new RegExp(`lease of ${nic.ipv4} obtained`));
  await spaces.ip(name, [
    `address replace ${nic.ipv4}/20 dev eth0`,
    `route replace default via ${network.ipv4Gateway}`,
  ]);
  const { stdout } = await spaces.run(name, 'busybox', ['nslookup', '-type=a', 'web2.lodge', network.ipv4Gateway]);
  assert.match(stdout, new RegExp(String(web2.nic.ipv4)));
  await reaches(name, INTERNET.ipv4);
}

async function assertNoIpv6(): Promise<void> {
  const { stdout } = await spaces.run('host', 'ip', ['-6', 'address', 'show', 'dev', web1.nic.tap]);
  assert.equal(stdout.trim(), '', 'the tap has no IPv6 address');
  const names = await spaces.run('web1', 'busybox', ['nslookup', '-type=aaaa', 'web1.lodge', network.ipv4Gateway], {
    okExitCodes: [0, 1],
  });
  assert.ok(!names.stdout.includes(String(web1.nic.ipv6)));
  const { stdout: sockets } = await spaces.run('host', 'ss', ['-Hnlu6']);
  assert.ok(!sockets.includes(':547'), 'nobody serves DHCPv6');
}

test('switched off for the whole host, guests have IPv4 alone; back on, those that had an address have it again', async () => {
  await spaces.sysctl('host', 'net.ipv6.conf.all.disable_ipv6', '1');
  const link = await open();
  assert.equal(await link.call('ipv6'), 'off');
  for (const guest of guests) await assertIpv4Works(guest);
  await assertNoIpv6();
  const nics = guests.map(({ nic }) => nic);
  assert.equal(await link.call('isGuarded', nics), true);

  await spaces.sysctl('host', 'net.ipv6.conf.all.disable_ipv6', '0');
  assert.equal(await link.call('isGuarded', nics), false);
  await link.call('mend', guests);
  assert.equal(await link.call('isGuarded', nics), true);
  for (const guest of guests) await configureGuest(spaces, network, guest);
  await reaches('web1', String(web2.nic.ipv6));
  await reaches('web1', network.ipv6Dns);

  await spaces.sysctl('host', 'net.ipv6.conf.all.disable_ipv6', '1');
  assert.equal(await link.call('isGuarded', nics), false);
  await link.call('mend', guests);
  assert.equal(await link.call('isGuarded', nics), true);
  await assertNoIpv6();
  await assertIpv4Works(web1);
  await link.call('apply', []);
  assert.equal((await spaces.run('host', 'nft', ['list', 'ruleset'])).stdout, '');
});

test('switched off for new interfaces, the taps have it all the same: they are Lodge’s to make', async () => {
  await spaces.sysctl('host', 'net.ipv6.conf.default.disable_ipv6', '1');
  const link = await open();
  assert.equal(await link.call('ipv6'), 'on');
  for (const guest of guests) await configureGuest(spaces, network, guest);
  await reaches('web1', String(web2.nic.ipv6));
  await reaches('web1', INTERNET.ipv6);
  await assertIpv4Works(web1);
});

test('switched off on the uplink, guests have it among themselves, and the internet over IPv4', async () => {
  await spaces.sysctl('host', 'net.ipv6.conf.uplink.disable_ipv6', '1');
  const link = await open();
  assert.equal(await link.call('ipv6'), 'on');
  for (const guest of guests) await configureGuest(spaces, network, guest);
  await reaches('web1', String(web2.nic.ipv6));
  await assertIpv4Works(web1);
  assert.equal(await answers('web1', INTERNET.ipv6), false);
});

test('where nft knows no IPv6, guests have IPv4 alone and are guarded', async () => {
  const link = await open(await nftWithoutIpv6());
  assert.equal(await link.call('ipv6'), 'unguarded');
  await assertIpv4Works(web1);
  await assertNoIpv6();
  const { stdout } = await spaces.run('host', 'nft', ['list', 'tables']);
  assert.doesNotMatch(stdout, /inet|ip6/);
  await spaces.run('web1', 'ping', ['-c1', '-W1', '-I', '10.9.9.9', INTERNET.ipv4], { okExitCodes: [1, 2] });
  await spaces.ip('web1', ['address add 10.9.9.9/32 dev eth0']);
  await spaces.run('web1', 'ping', ['-c1', '-W1', '-I', '10.9.9.9', INTERNET.ipv4], { okExitCodes: [1] });
  const { refusedPackets, isTableLoaded } = await link.call('observe');
  assert.equal(isTableLoaded, true);
  assert.ok((refusedPackets.spoofed_ipv4 ?? 0) > 0);
  assert.equal(await link.call('isGuarded', [web1.nic]), true);
  await link.call('apply', []);
  assert.equal((await spaces.run('host', 'nft', ['list', 'ruleset'])).stdout, '');
});

/** A PATH with an nft that answers as a kernel without CONFIG_NF_TABLES_INET and CONFIG_NF_TABLES_IPV6 does. */
async function nftWithoutIpv6(): Promise<string> {
  const path = `${directory}/programs`;
  await mkdir(path);
  const script = `#!/bin/sh
words="$*"
text=
case $words in *-f*|*--file*) text=$(cat) ;; esac
case "$words $text" in
  *'table inet'*|*'table ip6'*|*'table netdev'*) echo 'Error: Could not process rule: Operation not supported' >&2; exit 1 ;;
esac
[ -z "$text" ] || { printf '%s\\n' "$text" | /usr/sbin/nft "$@"; exit $?; }
exec /usr/sbin/nft "$@"
`;
  await writeFile(`${path}/nft`, script);
  await chmod(`${path}/nft`, 0o755);
  return path;
}
