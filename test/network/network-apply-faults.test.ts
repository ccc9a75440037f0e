import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { exec } from '../../src/host/exec.ts';
import { ApplyWorld, BRIDGED_FILES, FILE_AFTER, FILE_BEFORE, INTERFACES, OUTSIDE } from '../support/apply-world.ts';
import { eventually } from '../support/netns.ts';
import { BRIDGED, GATEWAY_IPV4, ROUTED } from '../support/network-changes.ts';

/** What goes wrong from outside: a full disk, a read-only one, a network that is broken by the plan, terminals that go away. */
let world: ApplyWorld;
let atFirst: string;
before(async () => {
  world = await ApplyWorld.open('lgnf');
  await world.daemon();
  atFirst = await world.snapshot();
});
after(() => world.close());

test('a plan that breaks the network is taken back as soon as the probes say so', async () => {
  const route = { family: 'ipv4', destination: 'default', type: 'unicast', via: GATEWAY_IPV4, link: 'eth0' } as const;
  const before = { ...route, source: null, metric: null, isOnLink: false, scope: null, protocol: 'boot' };
  const plan = await world.addPlan([{ kind: 'replace-route', before, route: { ...before, via: '192.0.2.194' } }]);
  const begun = await world.apply(plan.number);
  const { error } = await world.over(begun.operation.id);
  assert.equal(error?.code, 'NETWORK_REVERTED');
  assert.match(error.message, /the IPv4 default route should lead to 192.0.2.193, there is via 192.0.2.194 on eth0/);
  assert.match(error.message, new RegExp(`nothing outside answers over IPv4 any more: ${OUTSIDE[0]}`));
  assert.equal(await world.snapshot(), atFirst);
});

test('a gateway that does not answer any more is told by name', async () => {
  const plan = await world.addPlan(ROUTED);
  const { namespaces } = world.lodge;
  await namespaces.ip('router', ['link set up0 arp off']);
  const begun = await world.apply(plan.number);
  const { error } = await world.over(begun.operation.id);
  await namespaces.ip('router', ['link set up0 arp on']);
  assert.match(error?.message ?? '', new RegExp(`the IPv4 gateway ${GATEWAY_IPV4} does not answer on eth0`));
  assert.equal(await world.snapshot(), atFirst);
});

test('frames of a foreign MAC during the change are a reason to go back', async () => {
  const [guard, ...rest] = BRIDGED;
  assert.ok(guard?.kind === 'load-guard');
  // The guard knows another MAC than the one that the host sends with.
  const plan = await world.addPlan([{ ...guard, allowedMacs: ['02:00:5e:10:00:99'] }, ...rest.slice(0, 2)]);
  const { operation } = await world.apply(plan.number);
  const { error } = await world.over(operation.id);
  assert.match(
    error?.message ?? '',
    /frames with MACs that the provider does not know tried to leave: 02:00:5e:10:00:01/,
  );
  assert.equal(await world.snapshot(), atFirst);
});

test('a step that fails takes those before it back, and is named', async () => {
  const plan = await world.addPlan([...BRIDGED.slice(0, 3), { kind: 'add-port', bridge: 'br0', link: 'nowhere' }]);
  const { operation } = await world.apply(plan.number);
  const { error } = await world.over(operation.id);
  assert.match(
    error?.message ?? '',
    /is not kept: "step 3: add-port" failed: ip link set dev nowhere master br0 exited with 1/,
  );
  assert.equal(await world.snapshot(), atFirst);
});

for (const [name, spoil] of [
  [
    'the disk is full',
    (directory: string) => exec('dd', ['if=/dev/zero', `of=${directory}/ballast`, 'bs=4k'], { okExitCodes: [1] }),
  ],
  ['the disk is read-only', (directory: string) => exec('mount', ['-o', 'remount,ro', directory])],
] as const) {
  test(`${name} while the files are written: the files and the network are as before, and it is said`, async () => {
    const directory = `${world.lodge.root}/etc/network/interfaces.d`;
    await mkdir(directory, { recursive: true });
    await exec('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory]);
    try {
      // A daemon sees the mounts of when it was started.
      await world.daemon();
      // The first file is on a disk that can be written, and is put back.
      const plan = await world.addPlan(BRIDGED, { files: BRIDGED_FILES });
      const begun = await world.apply(plan.number);
      await world.waiting(begun.operation.id);
      await spoil(directory);
      const confirmed = world.confirm(begun.token);
      await assert.rejects(confirmed, {
        code: 'NETWORK_REVERTED',
        message: /its files cannot be written: .*interfaces.d\/lodge/,
      });
      assert.equal(await world.file(INTERFACES), FILE_BEFORE);
      assert.equal(await world.snapshot(), atFirst);
      assert.equal((await world.status()).transaction?.state, 'reverted');
    } finally {
      await exec('umount', [directory]);
      await world.daemon();
    }
  });
}

test('no room for the way back: nothing is changed at all', async () => {
  const directory = `${world.lodge.layout.networkDir}`;
  await mkdir(directory, { recursive: true });
  await exec('mount', ['-t', 'tmpfs', '-o', 'size=12k', 'tmpfs', directory]);
  try {
    await world.daemon();
    const plan = await world.addPlan(BRIDGED, { files: BRIDGED_FILES });
    const { operation } = await world.apply(plan.number);
    const { error } = await world.over(operation.id);
    assert.equal(error?.code, 'DISK_FULL', error?.message);
    assert.equal(await world.snapshot(), atFirst);
  } finally {
    await exec('umount', [directory]);
    await world.daemon();
  }
});

test('apply on a terminal prints the steps, the token and the command; confirm from another one ends it', async () => {
  const plan = await world.addPlan(ROUTED, { files: [] });
  const ssh = '198.51.100.7 50111 192.0.2.200 2222';
  const child = world.lodge.spawn(['net', 'apply'], { SSH_CONNECTION: ssh });
  let said = '';
  child.stderr?.on('data', (data) => {
    said += data;
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await eventually('it asks', () => said.includes('over a NEW connection'), 60_000);
  for (const words of [
    '  2. step 1: set-sysctl',
    `ssh -p 2222 root@192.0.2.200 env LODGE_ROOT=${world.lodge.root} `,
    'lodge net confirm',
    'comes back by itself',
  ]) {
    assert.ok(said.includes(words), `${words} in ${said}`);
  }
  const token = /net confirm (\S+)/.exec(said)?.[1] ?? '';
  const same = await world.lodge.run(['net', 'confirm', token], { SSH_CONNECTION: ssh });
  assert.equal(same.exitCode, 4);
  assert.match(same.stderr, /this is the connection that it was applied over/);
  const status = await world.lodge.run(['net', 'status']);
  assert.match(status.stdout, new RegExp(`plan ${plan.number} runs and waits for LODGE_ROOT=\\S+ lodge net confirm`));
  const anew = await world.lodge.run(['net', 'confirm', token], { SSH_CONNECTION: ssh.replace('50111', '50112') });
  assert.equal(anew.exitCode, 0, anew.stderr);
  assert.equal(await ended, 0, said);

  const back = await world.lodge.json<{ number: number }>(['net', 'rollback', '0']);
  const begun = await world.apply(back.number, { unproven: true });
  await world.waiting(begun.operation.id);
  await world.confirm(begun.token);
  assert.equal(await world.snapshot(), atFirst);
});

test('Ctrl-C detaches, a closed terminal changes nothing: the deadline decides', async () => {
  const plan = await world.addPlan(ROUTED);
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGKILL', null],
  ] as const) {
    const words = ['net', 'apply', String(plan.number), '--confirm-within', '15s'];
    const child = world.lodge.spawn(words);
    let said = '';
    child.stderr?.on('data', (data) => {
      said += data;
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await eventually('it asks', () => said.includes('over a NEW connection'), 60_000);
    child.kill(signal);
    assert.equal(await ended, code, said);
    if (signal === 'SIGINT')
      assert.match(said, /without LODGE_ROOT=\S+ lodge net confirm \S+ the old network comes back/);
    await eventually('it is taken back', async () => (await world.status()).transaction?.state === 'reverted', 60_000);
    const { transaction } = await world.status();
    assert.equal(transaction?.reason, 'nobody confirmed it within 15 s');
    assert.equal(await world.snapshot(), atFirst);
  }
});

test('an apply that is taken back ends with 1 and the reason', async () => {
  const plan = await world.addPlan(ROUTED);
  const running = world.lodge.run(['net', 'apply', String(plan.number), '--confirm-within', '1h', '--json']);
  await eventually('it waits', async () => (await world.status()).transaction?.state === 'changed', 60_000);
  await eventually('it is told', async () => (await world.lodge.run(['net', 'rollback'])).exitCode === 0);
  const { exitCode, stdout } = await running;
  assert.equal(exitCode, 1);
  const { error } = JSON.parse(stdout);
  assert.equal(error.code, 'NETWORK_REVERTED');
  assert.match(error.message, /lodge net rollback asked for it/);
  assert.equal(await world.snapshot(), atFirst);
});

/** Runs what the boot would, after a boot: the number of this one is another than the transaction's. */
async function boot(phase: 'early' | 'late') {
  const { networkDir } = world.lodge.layout;
  await writeFile(`${networkDir}/transaction/boot-id`, 'another boot\n');
  return world.lodge.namespaces.run('host', 'sh', [`${networkDir}/boot.sh`, phase], { okExitCodes: [0, 1] });
}

test('a restart in the window: the boot says that it is over and touches nothing', async () => {
  const plan = await world.addPlan(BRIDGED, { files: BRIDGED_FILES });
  const begun = await world.apply(plan.number);
  await world.waiting(begun.operation.id);
  const routes = () => world.lodge.namespaces.run('host', 'ip', ['-o', 'route']).then(({ stdout }) => stdout);
  const changed = await routes();
  await world.killDaemon();
  assert.equal((await boot('early')).exitCode, 0);
  assert.equal(
    await routes(),
    changed,
    'a boot has brought the old network up from its files: nothing is left to undo',
  );
  await world.daemon();
  const { error } = await world.over(begun.operation.id);
  assert.match(error?.message ?? '', /the host was restarted before it was confirmed/);
  // The restart was not real: what it would have undone is done by hand.
  await writeFile(
    `${world.lodge.layout.networkDir}/transaction/boot-id`,
    await readFile('/proc/sys/kernel/random/boot_id'),
  );
  await world.lodge.namespaces.run('host', 'sh', [
    `${world.lodge.layout.networkDir}/transaction/rollback.sh`,
    'again',
    'a test',
  ]);
  assert.equal(await world.snapshot(), atFirst);
});

test('a restart after the confirmation: the boot writes the files and makes what they do not say', async () => {
  const route = ROUTED.filter(({ kind }) => kind === 'add-route');
  const plan = await world.addPlan(BRIDGED, {
    files: BRIDGED_FILES,
    atBoot: { early: BRIDGED.slice(0, 1), late: route },
  });
  await world.daemon('kill:await-confirmation:end');
  const begun = await world.apply(plan.number);
  await world.waiting(begun.operation.id);
  await world.confirm(begun.token).catch(() => undefined);
  await world.daemonDies();
  assert.equal(await world.file(INTERFACES), FILE_BEFORE);
  await world.lodge.namespaces.run('host', 'nft', ['delete', 'table', 'netdev', 'lodge_guard']);
  for (const phase of ['early', 'late'] as const) {
    const { exitCode, stdout, stderr } = await boot(phase);
    assert.equal(exitCode, 0, stdout + stderr);
  }
  assert.equal(await world.file(INTERFACES), FILE_AFTER);
  assert.match(await world.snapshot(), /table netdev lodge_guard/);
  assert.match(await world.snapshot(), /"unreachable","dst":"203.0.113.0\/29"/);
  await world.daemon();
  const { state, error } = await world.over(begun.operation.id);
  assert.equal(state, 'done', error?.message);
  const { plan: inForce, transaction } = await world.status();
  assert.deepEqual([inForce, transaction?.state], [plan.number, 'committed']);
});
