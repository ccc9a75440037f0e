import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { linkLocalFromMac } from '../../src/base/address.ts';
import { GUEST_SHARES } from '../../src/model/guest-share.ts';
import { parseLimits } from '../../src/parse/nat-shares.ts';
import { sharesTableName } from '../../src/render/nat-shares.ts';
import { type Instance, newGuest, startInstance } from '../support/nat-twin.ts';
import { NatWorld } from '../support/nat-world.ts';

/** A guest runs on while Lodge is replaced by a newer one: what that one gives a tap it has to have from the daemon's start. */
const world = new NatWorld('nu');
const { spaces, network } = world;
const guest = newGuest(network, 1);
const { tap, mac } = guest.nic;
const table = sharesTableName(network);
let link: Instance;

before(async () => {
  link = await world.begin([guest]);
});
afterEach(() => link.kill());
after(() => world.end());

async function listing(): Promise<string> {
  return (await spaces.run('host', 'nft', ['list', 'table', 'inet', table])).stdout;
}

async function limits(): Promise<string[]> {
  return parseLimits(await listing()).map(({ share, limit }) => `${share}: ${limit}`);
}

async function startAgain(): Promise<void> {
  link.kill();
  link = startInstance(spaces, world.directory, network);
  await link.call('mend', [guest]);
}

test('limits that an older Lodge did not give, or gave otherwise, are there after the daemon’s start; others count on', async () => {
  const wanted = await limits();
  assert.equal(wanted.length, GUEST_SHARES.length);
  const less = GUEST_SHARES.filter((name) => name !== 'connections' && name !== 'questions');
  for (const share of less) await spaces.nft('host', `delete element inet ${table} ${share} { "${tap}" }`);
  const other = `"${tap}" limit rate over 9/second burst 90 packets counter`;
  await spaces.nft('host', `add element inet ${table} requests { ${other} }`);
  const counted = `"${tap}" limit rate over 50/second burst 250 packets counter packets 7 bytes 700`;
  await spaces.nft('host', `delete element inet ${table} questions { "${tap}" }`);
  await spaces.nft('host', `add element inet ${table} questions { ${counted} }`);
  await startAgain();
  assert.deepEqual(await limits(), wanted);
  assert.match(await listing(), /burst 250 packets counter packets 7 bytes 700/);
});

test('a set that nft does not let become today’s leaves a guest without limits', async () => {
  const wanted = await limits();
  await spaces.nft('host', `delete table inet ${table}`);
  const old = `set fragments {\n type ifname . ipv4_addr\n counter\n }`;
  await spaces.nft(
    'host',
    `table inet ${table} {\n ${old}\n set connections { type ifname; ct count over 1 counter; }\n }`,
  );
  await startAgain();
  assert.deepEqual(await limits(), wanted);
});

test('what an older Lodge did not give the tap itself is there after the daemon’s start', async () => {
  const own = linkLocalFromMac(mac);
  const delay = `net.ipv4.neigh.${tap}.proxy_delay`;
  await spaces.ip('host', [`neighbour delete ${own} dev ${tap}`, `address delete ${network.ipv6Dns}/64 dev ${tap}`]);
  for (const [key, value] of [
    [delay, '80'],
    [`net.ipv4.conf.${tap}.accept_redirects`, '1'],
  ] as const)
    await spaces.sysctl('host', key, value);
  await startAgain();
  const { stdout } = await spaces.run('host', 'ip', ['-6', 'neighbour', 'show', 'dev', tap]);
  assert.match(stdout, new RegExp(`^${own} lladdr ${mac} PERMANENT`, 'm'));
  const addresses = await spaces.run('host', 'ip', ['-6', 'address', 'show', 'dev', tap]);
  assert.ok(addresses.stdout.includes(network.ipv6Dns));
  const settings = await spaces.run('host', 'sysctl', ['-n', delay, `net.ipv4.conf.${tap}.accept_redirects`]);
  assert.equal(settings.stdout.trim(), '0\n0');
});

for (const [which, name] of [
  ['the rules', `inet ${network.tableName}`],
  ['the limits', `inet ${table}`],
  ['the rules of ARP', `arp ${network.tableName}`],
] as const) {
  test(`${which} as the owner saved them before the guest was there, loaded again by him, are noticed`, async () => {
    await startAgain();
    assert.equal(await link.call('isGuarded', [guest.nic]), true);
    const { stdout } = await spaces.run('host', 'nft', ['list', 'table', ...name.split(' ')]);
    const saved = stdout.replace(/\t\telements = [^}]*\}\n/g, '');
    await spaces.nft('host', `delete table ${name}\n${saved}`);
    assert.equal(await link.call('isGuarded', [guest.nic]), false);
    await link.call('mend', [guest]);
    assert.equal(await link.call('isGuarded', [guest.nic]), true);
    assert.equal((await limits()).length, GUEST_SHARES.length);
  });
}
