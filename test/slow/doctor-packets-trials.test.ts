import assert from 'node:assert/strict';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { exec } from '../../src/host/exec.ts';
import type { NatNetwork } from '../../src/model/guest-network.ts';
import type { NatGuest } from '../../src/model/nat-guest.ts';
import type { PacketReport } from '../../src/model/packet-report.ts';
import { snapshot } from '../support/nat-snapshot.ts';
import { makeDirectory, makeHostAndInternet, newNetwork, removeDirectory } from '../support/nat-twin.ts';
import { eventually, Namespaces } from '../support/netns.ts';
import { disagreements, plugReal } from '../support/packets-real.ts';
import { startPacketsAgent } from '../support/packets-world.ts';

// Trials at the same time, trials that cannot be made, and a DHCPv6 server of the host.
let spaces: Namespaces;
let directory = '';
let round = 0;
let network: NatNetwork;

beforeEach(async () => {
  round += 1;
  spaces = new Namespaces(`dt${round}`);
  directory = await makeDirectory();
  await makeHostAndInternet(spaces);
  network = newNetwork(directory);
});

afterEach(async () => {
  await spaces.close();
  await removeDirectory(directory);
});

const assertAllPasses = ({ hops }: PacketReport) =>
  assert.deepEqual(
    hops.filter(({ outcome }) => outcome !== 'passed'),
    [],
  );

/** The namespace is as it was found. */
async function assertNothingLeft(found: Record<string, string>): Promise<void> {
  assert.deepEqual(await snapshot(spaces, 'host'), found);
  assert.equal((await spaces.run('host', 'conntrack', ['-L'])).stdout, '');
}

test('two doctors at once in one instance: both answer, and nothing is left', async () => {
  const agent = startPacketsAgent(spaces, directory, network);
  const found = await snapshot(spaces, 'host');
  const both = await agent.tryTwice();
  assert.equal(both.length, 2);
  for (const report of both) assertAllPasses(report);
  await assertNothingLeft(found);
});

test('two instances in one namespace, each with its own doctor at the same time: both answer, and nothing is left', async () => {
  const found = await snapshot(spaces, 'host');
  const second = newNetwork(`${directory}/second`, [network]);
  const agents = [
    startPacketsAgent(spaces, directory, network),
    startPacketsAgent(spaces, `${directory}/second`, second),
  ];
  for (let time = 0; time < 3; time++) {
    await Promise.all(agents.map((agent) => agent.try().then(assertAllPasses)));
    await assertNothingLeft(found);
  }
});

/** Namespaces of trials, ours and of other tests. */
async function packetSpaces(): Promise<string[]> {
  const { stdout } = await exec('ip', ['netns', 'list']);
  return stdout.split('\n').filter((line) => line.includes('.packets'));
}

/** Each with what keeps a trial from being made. */
const INABILITIES: Record<string, string[]> = {
  'without CAP_NET_ADMIN': ['setpriv', '--bounding-set', '-net_admin'],
  'without CAP_NET_RAW': ['setpriv', '--bounding-set', '-net_raw'],
  'without CAP_SYS_ADMIN': ['setpriv', '--bounding-set', '-sys_admin'],
  'as an ordinary user': ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'],
};

for (const [name, around] of Object.entries(INABILITIES)) {
  test(`${name}: packets could not be tried, which is said and is never ok, and nothing is left`, async () => {
    const found = await snapshot(spaces, 'host');
    const before = await packetSpaces();
    const check = (await startPacketsAgent(spaces, directory, network, { around }).doctor()).get('guest-packets');
    assert.deepEqual([check?.status, check?.summary], ['warn', 'packets of guests could not be tried']);
    assert.notEqual(check?.detail, '');
    await eventually('our namespaces are gone', async () => {
      const now = await packetSpaces();
      return now.every((each) => before.includes(each));
    });
    assert.deepEqual(await snapshot(spaces, 'host'), found);
  });
}

for (const missing of ['nft', 'dnsmasq', 'tc', 'ip', 'perl']) {
  test(`before set-up, without ${missing}: packets cannot be tried, lodge setup is what helps, and it is never ok`, async () => {
    const found = await snapshot(spaces, 'host');
    const path = await programsWithout(missing);
    const options = { around: ['env', `PATH=${path}`], isSetUp: false };
    const check = (await startPacketsAgent(spaces, directory, network, options).doctor()).get('guest-packets');
    const said = [check?.status, check?.summary, check?.fix];
    assert.deepEqual(said, ['warn', 'packets of guests cannot be tried before Lodge is set up', 'lodge setup']);
    assert.deepEqual(await snapshot(spaces, 'host'), found);
  });
}

/** A directory for PATH with every program of the host but one. */
async function programsWithout(missing: string): Promise<string> {
  const path = join(directory, 'programs');
  await mkdir(path);
  const { stdout } = await exec('sh', ['-c', 'ls -d /usr/sbin/* /usr/bin/* /sbin/* /bin/*']);
  for (const program of stdout.split('\n').filter(Boolean)) {
    const name = program.split('/').at(-1) ?? '';
    if (name !== missing && !name.startsWith('perl')) await symlink(program, join(path, name)).catch(refuseUnlessThere);
  }
  if (missing !== 'perl') await symlink('/usr/bin/perl', join(path, 'perl'));
  return path;
}

/** /bin and /usr/bin are one on a merged /usr. */
function refuseUnlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/** Whether the guest is offered an address by DHCPv6. */
async function isOfferedDhcpv6({ name, nic }: NatGuest): Promise<boolean> {
  const program = join(import.meta.dirname, '../support/dhcpv6-solicit.ts');
  const { exitCode } = await spaces.run(name, process.execPath, [program, nic.mac], { okExitCodes: [0, 1] });
  return exitCode === 0;
}

test('a DHCPv6 server on every address: guests do without, which is no failure, and the doctor says who has the port', async () => {
  const agent = startPacketsAgent(spaces, directory, network);
  const words = ['--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--pid-file='];
  const dhcp = ['--dhcp-range=2001:db8:1:2::50,2001:db8:1:2::60', `--dhcp-leasefile=${directory}/foreign-leases`];
  spaces.start('host', 'dnsmasq', [...words, ...dhcp]);
  await eventually('it listens', async () => (await spaces.run('host', 'ss', ['-Hnlu'])).stdout.includes(':547 '));
  const guests = await plugReal(spaces, network, agent);
  const checks = await agent.doctor();
  const packets = checks.get('guest-packets');
  const hops = packets?.packets?.hops ?? [];
  assert.deepEqual(await disagreements(spaces, network, guests, hops), []);
  assert.equal(await isOfferedDhcpv6(guests[1]), false);
  assert.deepEqual(
    hops.filter(({ outcome }) => outcome === 'stopped').map(({ hop, family }) => `${hop} ${family}`),
    ['dhcp ipv6'],
  );
  assert.deepEqual([packets?.status, checks.get('name-service')?.status], ['warn', 'warn']);
  assert.match(packets?.detail ?? '', /it reached dnsmasq, which has port 547 of every address/);
});
