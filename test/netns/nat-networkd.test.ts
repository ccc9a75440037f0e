import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { after, afterEach, before, test } from 'node:test';
import { layoutOf } from '../../src/model/layout.ts';
import type { NatGuest } from '../../src/model/nat-guest.ts';
import { renderNetworkdUnmanaged } from '../../src/render/networkd-unmanaged.ts';
import {
  configureGuest,
  type Instance,
  makeDirectory,
  makeHostAndInternet,
  newGuest,
  newNetwork,
  removeDirectory,
  startInstance,
} from '../support/nat-twin.ts';
import { eventually, Namespaces } from '../support/netns.ts';
import { NetworkdHost } from '../support/networkd-host.ts';

// Real systemd-networkd on the host of the test: what it does with links that its owner's files match.

const WIDE = '[Match]\nType=ether\n\n[Network]\nDHCP=yes\n';
const UPLINK = '[Match]\nName=uplink\n\n[Link]\nUnmanaged=yes\n';

const spaces = new Namespaces('nd');
let directory: string;
let host: NetworkdHost;
let instances: Instance[] = [];

before(async () => {
  directory = await makeDirectory();
  await makeHostAndInternet(spaces);
  host = new NetworkdHost(directory);
});

afterEach(async () => {
  for (const each of instances) each.kill();
  await spaces.endAll('host');
  instances = [];
});

after(async () => {
  await spaces.close();
  await removeDirectory(directory);
});

/** A host with those files, on which Lodge has not been yet. */
async function open(etc: Record<string, string>): Promise<Instance> {
  await host.layOut(etc);
  const path = layoutOf(directory).stateDir;
  const instance = startInstance(spaces, path, newNetwork(path), {}, { around: host.around('shared') });
  instances.push(instance);
  await eventually('networkd runs', async () => (await stateOf('uplink')) !== null);
  return instance;
}

/** A namespace in the guest's place, attached as the daemon attaches QEMU. */
async function attach(instance: Instance, number: number): Promise<NatGuest> {
  const guest = newGuest(instance.network, number);
  await spaces.add(guest.name);
  await instance.call('createTap', guest.nic, { namespace: spaces.nameOf(guest.name) });
  await instance.call('apply', [guest]);
  await spaces.ip(guest.name, ['link set eth0 up']);
  await configureGuest(spaces, instance.network, guest);
  return guest;
}

/** What networkd says of a link: `configuring`, `unmanaged` …; null before it has said anything. */
async function noteOf(link: string): Promise<string> {
  const { stdout } = await spaces.run('host', 'ip', ['-j', 'link', 'show', 'dev', link], { okExitCodes: [0, 1] });
  const [found] = JSON.parse(stdout === '' ? '[]' : stdout) as { ifindex: number }[];
  return readFile(`${host.run}/systemd/netif/links/${found?.ifindex}`, 'utf8').catch(() => '');
}
const stateOf = async (link: string) => /^ADMIN_STATE=(.*)$/m.exec(await noteOf(link))?.[1] ?? null;
const fileOf = async (link: string) => /^NETWORK_FILE=(.*)$/m.exec(await noteOf(link))?.[1] ?? null;

async function hasWay(instance: Instance, { name }: NatGuest): Promise<boolean> {
  const ping = (address: string) =>
    spaces
      .run(name, 'ping', ['-c1', '-W2', address], { okExitCodes: [0, 1, 2] })
      .then(({ exitCode }) => exitCode === 0);
  return (await ping(instance.network.ipv4Gateway)) && (await ping(instance.network.ipv6Dns));
}

const fileAt = ({ network }: Instance) => `${host.run}${renderNetworkdUnmanaged(network).path.slice('/run'.length)}`;
const isThere = (path: string) =>
  stat(path).then(
    ({ mode }) => (mode & 0o777).toString(8),
    () => null,
  );

test('a host whose networkd takes every link leaves taps alone, and Lodge leaves nothing behind', async () => {
  const instance = await open({ '90-dhcp.network': WIDE, '10-uplink.network': UPLINK });
  const guest = await attach(instance, 1);
  await eventually('networkd has looked at the tap', async () => (await stateOf(guest.nic.tap)) === 'unmanaged');
  assert.ok(await hasWay(instance, guest));
  assert.equal(await instance.call('isGuarded', [guest.nic]), true);
  assert.equal(await isThere(fileAt(instance)), '644');
  await instance.call('removeTap', guest.nic);
  await instance.call('apply', []);
  assert.equal(await isThere(fileAt(instance)), null);
});

test('a guest that plays the DHCP server gives the host no address and no route', async () => {
  const instance = await open({ '90-dhcp.network': WIDE, '10-uplink.network': UPLINK });
  const guest = await attach(instance, 4);
  await spaces.ip(guest.name, ['address add 198.51.100.1/24 dev eth0']);
  const words = ['--no-daemon', '--conf-file=/dev/null', '--port=0', '--bind-interfaces', '--interface=eth0'];
  const server = spaces.start(guest.name, 'dnsmasq', [
    ...words,
    '--dhcp-range=198.51.100.50,198.51.100.60',
    '--leasefile-ro',
  ]);
  await eventually('it waits', () => new Promise((resolve) => server.stderr?.once('data', () => resolve(true))));
  await eventually('networkd has looked at the tap', async () => {
    const { stdout } = await spaces.run('host', 'ip', ['-4', 'route', 'show', 'default']);
    assert.doesNotMatch(stdout, /198\.51\.100\.1/);
    return (await stateOf(guest.nic.tap)) === 'unmanaged';
  });
});

test('the file that was taken away comes back, and what networkd took meanwhile', async () => {
  const instance = await open({ '90-dhcp.network': WIDE, '10-uplink.network': UPLINK });
  const guest = await attach(instance, 2);
  await spaces.run('host', 'rm', [fileAt(instance)]);
  assert.equal(await instance.call('isGuarded', [guest.nic]), false, 'the file alone');
  await host.reload();
  await eventually('networkd has taken the tap', async () => !(await hasWay(instance, guest)));
  await instance.call('mend', [guest]);
  await eventually('the guest has its way again', () => hasWay(instance, guest));
  assert.equal(await stateOf(guest.nic.tap), 'unmanaged');
  // As every ten seconds: nobody takes it again.
  assert.equal(await instance.call('isGuarded', [guest.nic]), true);
});

test('networkd that is for no tap is not made to read what its owner has written and not yet let it read', async () => {
  const instance = await open({ '10-uplink.network': UPLINK });
  await host.write('10-uplink.network', '[Match]\nName=uplink\n\n[Network]\nLinkLocalAddressing=no\n');
  const guest = await attach(instance, 3);
  assert.ok(await hasWay(instance, guest));
  assert.equal(await isThere(fileAt(instance)), '644', 'whatever comes to match taps, it reads ours with it');
  assert.equal(await stateOf('uplink'), 'unmanaged');
  await host.write('20-wide.network', WIDE);
  await host.remove('10-uplink.network');
  await host.reload();
  await eventually('networkd has the uplink', async () => (await fileOf('uplink')) !== null);
  assert.ok(await hasWay(instance, guest));
});
