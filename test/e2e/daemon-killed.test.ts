import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { routes } from '../../src/api/routes.ts';
import type { LodgeEvent } from '../../src/api/types.ts';
import { exec } from '../../src/host/exec.ts';
import { parseExit } from '../../src/qemu/exit.ts';
import { connectMonitor } from '../../src/qemu/monitor.ts';
import { openStore } from '../../src/store/store.ts';
import { writeBootSector } from '../support/boot-sector.ts';
import { BLANK, FaultWorld } from '../support/fault-world.ts';
import { eventually } from '../support/netns.ts';

const PATIENCE_MS = 120_000;

let world: FaultWorld;
before(async () => {
  world = await FaultWorld.open('lgdk');
  const raw = `${world.lodge.root}/sector.raw`;
  await exec('truncate', ['-s', '1M', raw]);
  await writeBootSector(raw);
  await exec('qemu-img', ['convert', '-O', 'qcow2', raw, `${world.lodge.root}/sector.qcow2`]);
  await world.lodge.addImage('sector', `${world.lodge.root}/sector.qcow2`, 'none');
});
after(() => world.close());

const create = (name: string, ...options: string[]) => world.succeed(['create', name, ...BLANK, ...options]);
/** A guest that powers itself off when it is told to. */
const createObedient = (name: string, ...options: string[]) =>
  world.succeed(['create', name, '--image', 'sector', '--disk', '1MiB', '--memory', '64MiB', ...options]);

async function pidOf(name: string): Promise<number> {
  const { pid } = await world.guest(name);
  assert.ok(pid !== null, `${name} does not run`);
  return pid;
}

async function killQemuOf(name: string): Promise<number> {
  const pid = await pidOf(name);
  process.kill(pid, 'SIGKILL');
  await world.untilGone(pid);
  return pid;
}

/** Waits until the guest says that it has booted. */
async function untilBooted(name: string): Promise<void> {
  const { paths } = await world.guest(name);
  const isBooted = async () => (await exec('cat', [paths.serialLog])).stdout.includes('booted');
  await eventually(`${name} boots`, isBooted, PATIENCE_MS);
}

/** Types an `o`. */
async function powerOff(name: string): Promise<void> {
  await untilBooted(name);
  const { paths } = await world.guest(name);
  const socket = connect(paths.serialSocket);
  await new Promise((resolve, reject) => socket.on('connect', resolve).on('error', reject));
  socket.end('o');
}

function untilPhase(name: string, phase: string): Promise<boolean> {
  return eventually(`${name} is ${phase}`, async () => (await world.guest(name)).phase === phase, PATIENCE_MS);
}

function untilRunsAnew(name: string, oldPid: number): Promise<boolean> {
  const runs = async () => {
    const { phase, pid } = await world.guest(name);
    return phase === 'running' && pid !== null && pid !== oldPid;
  };
  return eventually(`${name} runs again`, runs, PATIENCE_MS);
}

/** `crashed: QEMU vanished …`, `starting`, `running`: what `lodge events` tells of one guest. */
async function phasesOf(name: string): Promise<{ phase: string; reason: string | null; atMs: number }[]> {
  const store = openStore(world.lodge.layout.database);
  const events: LodgeEvent[] = store.events.since(0);
  store.close();
  return events.flatMap((event) => (event.type === 'guest.phase' && event.guest === name ? [event] : []));
}

function restartCountOf(name: string): number {
  const store = openStore(world.lodge.layout.database);
  const count = store.guests.find(name)?.restartCount ?? -1;
  store.close();
  return count;
}

test('guests go on without a daemon; the next one tells a crash, an end and a power-off apart, and restarts by policy', async () => {
  await create('crashes');
  await create('stays-down', '--restart', 'no');
  await create('quits');
  await createObedient('powers-off');
  const names = ['neighbour', 'crashes', 'stays-down', 'quits', 'powers-off'];
  const pids = await Promise.all(names.map(pidOf));

  await world.killDaemon();
  await world.succeed(['ls']);
  assert.deepEqual(await Promise.all(names.map(pidOf)), pids);
  for (const name of names) await world.assertRuns(name);

  const { paths } = await world.guest('quits');
  await world.guest('powers-off');
  const [, crashed = 0, stayed = 0, quit = 0, poweredOff = 0] = pids;
  const powering = powerOff('powers-off');
  await powering;
  // Its power-off may still be seen by this daemon: that is the other test. What follows happens unseen.
  await world.killDaemon();
  for (const pid of [crashed, stayed]) process.kill(pid, 'SIGKILL');
  const monitor = await connectMonitor(paths.qmpSocket);
  await monitor.execute('quit');
  await monitor.closed;
  for (const pid of [crashed, stayed, quit, poweredOff]) await world.untilGone(pid);

  await world.succeed(['ls']);
  const ends = async (name: string) => {
    const { phase, lastError } = await world.guest(name);
    return `${phase}: ${lastError}`;
  };
  assert.match(await ends('stays-down'), /^crashed: /);
  assert.equal(await ends('quits'), 'stopped: it was ended through its monitor');
  assert.equal(await ends('powers-off'), 'stopped: the guest powered itself off');
  await untilRunsAnew('crashes', crashed);
  await world.assertRuns('crashes');
  const phases = (await phasesOf('crashes')).slice(-3);
  assert.deepEqual(
    phases.map(({ phase }) => phase),
    ['crashed', 'starting', 'running'],
    JSON.stringify(phases),
  );
  assert.equal(await pidOf('neighbour'), pids[0]);
  await world.succeed(['rm', ...names.slice(1), '--yes']);
  await world.assertAtRest();
});

test('a QEMU that is killed: no stays down, on-failure and always come back, each time later', async () => {
  await create('never', '--restart', 'no');
  await create('again');
  await createObedient('for-ever', '--restart', 'always');
  await createObedient('on-failure');
  const neighbour = await pidOf('neighbour');

  await killQemuOf('never');
  const forEver = await pidOf('for-ever');
  await powerOff('for-ever');
  await powerOff('on-failure');
  for (let count = 1; count <= 3; count++) {
    await untilRunsAnew('again', await killQemuOf('again'));
    assert.equal(restartCountOf('again'), count);
  }
  const phases = (await phasesOf('again')).filter(({ phase }) => phase === 'crashed' || phase === 'starting');
  const waits = phases.flatMap(({ phase, atMs }, index) => {
    return phase === 'crashed' ? [(phases[index + 1]?.atMs ?? 0) - atMs] : [];
  });
  assert.equal(waits.length, 3);
  // A timer is late on a busy machine, and never early.
  for (const [index, wait] of waits.entries()) assert.ok(wait >= 1000 * 2 ** index - 5, `waits: ${waits}`);

  await untilRunsAnew('for-ever', forEver);
  await untilPhase('on-failure', 'stopped');
  await untilPhase('never', 'crashed');
  assert.equal(await pidOf('neighbour'), neighbour);
});

test('stop during the back-off wins, and a back-off outlives the daemon', async () => {
  // Both have crashed as often: they would come back at the same time.
  await create('stopped-again');
  await create('waits');
  for (const name of ['stopped-again', 'waits']) await untilRunsAnew(name, await killQemuOf(name));
  await killQemuOf('stopped-again');
  await untilPhase('stopped-again', 'crashed');
  const waits = await killQemuOf('waits');
  await untilPhase('waits', 'crashed');
  await world.succeed(['stop', 'stopped-again']);
  await untilRunsAnew('waits', waits);
  await world.assertStopped('stopped-again');

  const old = await killQemuOf('waits');
  await untilPhase('waits', 'crashed');
  await world.killDaemon();
  await world.succeed(['ls']);
  await untilRunsAnew('waits', old);
  await world.assertStopped('stopped-again');
  await world.succeed(['rm', 'never', 'again', 'for-ever', 'on-failure', 'stopped-again', 'waits', '--yes']);
  await world.assertAtRest();
});

test('a QEMU that does not answer keeps nobody from the others', async () => {
  await create('frozen');
  const pid = await pidOf('frozen');
  process.kill(pid, 'SIGSTOP');
  await world.killDaemon();
  const rows = await world.lodge.json<{ name: string; phase: string }[]>(['ls']);
  assert.deepEqual(
    rows.map(({ name, phase }) => `${name} ${phase}`),
    ['frozen running', 'neighbour running'],
  );
  await world.succeed(['rm', 'frozen', '--yes']);
  await world.assertAtRest();
});

test('after a reboot of the host those marked so start, the others stay stopped', async () => {
  await create('comes-back');
  await create('stays-off', '--no-start-with-host');
  await create('was-off');
  await world.succeed(['kill', 'was-off']);
  const { namespaces, layout } = world.lodge;
  await world.killDaemon();

  // What a reboot leaves: no process, no interface, no rule, nothing in /run, and another boot_id.
  for (const pid of await namespaces.pids('host')) process.kill(pid, 'SIGKILL');
  const { stdout } = await namespaces.run('host', 'ip', ['-o', 'link']);
  for (const [, tap] of stdout.matchAll(/: (lg\w+): /g))
    await namespaces.run('host', 'ip', ['link', 'delete', tap ?? '']);
  await namespaces.run('host', 'nft', ['flush', 'ruleset']);
  await rm(layout.runDir, { recursive: true });
  const store = openStore(layout.database);
  for (const { spec } of store.guests.list()) store.guests.update(spec.name, { bootId: 'another boot' });
  store.close();

  await world.succeed(['ls']);
  await untilPhase('comes-back', 'running');
  await untilPhase('neighbour', 'running');
  await world.idle();
  for (const name of ['comes-back', 'neighbour']) await world.assertRuns(name);
  for (const name of ['stays-off', 'was-off']) await world.assertStopped(name);
  assert.equal((await world.guest('stays-off')).lastError, 'the host was rebooted');
  assert.ok(
    (await world.operations()).slice(0, 2).every(({ kind, state }) => kind === 'guest.start' && state === 'done'),
  );
  await world.ask('DELETE', routes.guest('comes-back'));
});

test('a stop whose daemon was killed asks the guest again, and does not only wait for the time limit', async () => {
  await createObedient('asked');
  await untilBooted('asked');
  await world.daemon('kill:shut-down:begin@asked');
  const { operation } = await world.runToItsDaemonsDeath(['stop', 'asked', '--timeout', '10min'], '');
  assert.equal(operation.state, 'done');
  await world.assertStopped('asked');
  const log = (await world.lodge.run(['logs', 'asked', '--source', 'qemu'])).stdout;
  assert.equal(parseExit(log).reason, 'the guest powered itself off');
});
