import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, test } from 'node:test';
import type { DoctorCheck } from '../../src/model/doctor.ts';
import type { NatNetwork } from '../../src/model/guest-network.ts';
import { makeDirectory, makeHostAndInternet, newNetwork, removeDirectory } from '../support/nat-twin.ts';
import { eventually, Namespaces } from '../support/netns.ts';
import { NetworkdHost } from '../support/networkd-host.ts';
import { type PacketsAgent, startPacketsAgent } from '../support/packets-world.ts';

// Doctor beside the real systemd-networkd.

const WIDE = '[Match]\nType=ether\n\n[Network]\nDHCP=yes\n';
const UPLINK = '[Match]\nName=uplink\n\n[Link]\nUnmanaged=yes\n';

const spaces = new Namespaces('dn');
let directory: string;
let network: NatNetwork;
let host: NetworkdHost;
let agent: PacketsAgent;

before(async () => {
  directory = await makeDirectory();
  await makeHostAndInternet(spaces);
  network = newNetwork(directory);
  host = new NetworkdHost(directory);
});

afterEach(async () => {
  agent.kill();
  await spaces.endAll('host');
});

after(async () => {
  await spaces.close();
  await removeDirectory(directory);
});

async function open(etc: Record<string, string>): Promise<void> {
  await host.layOut(etc);
  agent = startPacketsAgent(spaces, directory, network, { around: host.around('own') });
  await eventually('networkd runs', async () =>
    /^OPER_STATE=/m.test(await readFile(`${host.run}/systemd/netif/state`, 'utf8').catch(() => '')),
  );
}

async function packets(): Promise<DoctorCheck> {
  const check = (await agent.doctor()).get('guest-packets');
  assert.ok(check);
  return check;
}

test('where networkd is for every link, packets of guests get through, once and again', async () => {
  await open({ '90-dhcp.network': WIDE, '10-uplink.network': UPLINK });
  for (const _ of ['once', 'again']) {
    const check = await packets();
    assert.equal(check.status, 'ok', `${check.summary}\n${check.detail}`);
  }
});

test('a file that is for the uplink by its MAC is for no link of the trial', async () => {
  const { stdout } = await spaces.run('host', 'cat', ['/sys/class/net/uplink/address']);
  await open({
    '10-uplink.network': `[Match]\nMACAddress=${stdout.trim()}\n\n[Network]\nDHCP=no\nKeepConfiguration=yes\n`,
  });
  const check = await packets();
  assert.equal(check.status, 'ok', `${check.summary}\n${check.detail}`);
  const configured = (await readFile(host.log, 'utf8')).match(/^.*: Configuring with .*$/gm);
  assert.deepEqual(configured, ['uplink: Configuring with /etc/systemd/network/10-uplink.network.']);
});

test('a file that comes before ours is named, and not a table of Lodge’s; what doctor says mends it', async () => {
  await open({ '!all.network': WIDE, '!!uplink.network': UPLINK });
  const check = await packets();
  // Whether it has taken anything by then is a matter of time; the file it has them by is told all the same.
  assert.notEqual(check.status, 'ok');
  assert.match(
    `${check.summary}\n${check.detail}`,
    /^systemd-networkd configures the taps of guests, by \/etc\/systemd\/network\/!all\.network/m,
  );
  assert.equal(
    check.fix,
    "mv '/etc/systemd/network/!all.network' /etc/systemd/network/10-all.network && networkctl reload",
  );
  await host.remove('!all.network');
  await host.write('10-all.network', WIDE);
  await host.reload();
  const mended = await packets();
  assert.equal(mended.status, 'ok', `${mended.summary}\n${mended.detail}`);
});

test('an address that another program takes is told as that', async () => {
  await open({ '10-uplink.network': UPLINK });
  // As fast as any daemon that watches links.
  const thief =
    'ip -4 monitor address | while read -r line; do for tap in $(ls /sys/class/net | grep ^lg); do ip -4 address flush dev $tap; ip -4 route flush dev $tap; done; done';
  const child = spaces.start('host', 'sh', ['-c', thief]);
  const check = await packets();
  child.kill();
  assert.equal(check.status, 'fail');
  assert.match(check.detail, /^another program has taken the addresses of guests' taps away/m);
  assert.match(check.summary, /IPv4/);
  assert.doesNotMatch(`${check.detail}${check.fix}`, /nft |over_questions/);
});
