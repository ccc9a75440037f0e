import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chown, open, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { sleep } from '../../src/base/clock.ts';
import { makeDirectory, removeTree } from '../../src/host/files.ts';
import { waitForExit } from '../../src/host/process-end.ts';
import { logWriterId } from '../../src/model/unix-ids.ts';
import { pollBalloonStatistics, readBalloonStatistics } from '../../src/qemu/balloon-statistics.ts';
import { readExit } from '../../src/qemu/exit.ts';
import { connectAgent } from '../../src/qemu/guest-agent.ts';
import { connectMonitor, type Monitor } from '../../src/qemu/monitor.ts';
import { keepMonitor } from '../../src/qemu/monitor-keeper.ts';
import { findQemu, isQemu, killQemu, type StartQemu, startQemu } from '../../src/qemu/process.ts';
import * as qmp from '../../src/qemu/qmp-commands.ts';
import { renderQemuArguments } from '../../src/render/qemu-arguments.ts';
import { confinementOf } from '../../src/render/qemu-confinement.ts';
import type { QemuInput } from '../../src/render/qemu-input.ts';
import { listOption, toArgv } from '../../src/render/qemu-option.ts';
import { writeBootSector } from '../support/boot-sector.ts';
import { goldenInput } from '../support/qemu-golden.ts';
import { makeDiskFor, makeGuestDirectories, makeQemuWorld, type QemuWorld } from '../support/qemu-world.ts';

const EXIT_MS = 20_000;
const PATIENCE_MS = 30_000;
const LOG_WRITER = { uid: logWriterId(''), gid: logWriterId('') };

let world: QemuWorld;
let input: QemuInput;
let pid = 0;

before(async () => {
  world = await makeQemuWorld();
});
after(() => world.remove());

beforeEach(async () => {
  const spec = { memoryMiB: 64, disk: { format: 'raw' as const } };
  input = goldenInput({ about: 'a guest of one sector', spec }, world.root);
  input.abilities = world.abilities;
  await makeGuestDirectories(world, input.layout);
  await makeDiskFor(world, input.layout.disk, 'raw');
  await writeBootSector(input.layout.disk);
});

afterEach(async () => {
  await killQemu(pid, input.spec.uuid, 'SIGKILL', [world.user.uid]);
  await waitForExit(pid, EXIT_MS);
  await removeTree(input.layout.dir);
  await removeTree(input.layout.runDir);
});

test('it runs unprivileged, without a way back, in its sandbox, and shows itself at every socket', async () => {
  const started = performance.now();
  await start();
  const tookMs = performance.now() - started;
  assert.ok(tookMs < 5_000, `took ${tookMs} ms`);

  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  assert.match(status, new RegExp(`^Uid:(\\s+${world.user.uid}){4}$`, 'm'));
  assert.match(status, /^NoNewPrivs:\s+1$/m);
  assert.match(status, /^Seccomp:\s+2$/m);
  assert.match(status, /^CapEff:\s+0{16}$/m);
  assert.equal(await findQemu(input.layout, input.spec.uuid, [world.user.uid]), pid);
  assert.equal(await findQemu(input.layout, input.spec.uuid.replace('6f1c', '0000'), [world.user.uid]), null);

  assert.equal((await readSome(input.layout.vncSocket, 12)).toString(), 'RFB 003.008\n');
  await awaitSerial('lodge: booted');
  await using(async (monitor) => {
    assert.deepEqual(await qmp.queryStatus(monitor), { running: true, status: 'running' });
    assert.equal(monitor.version, world.abilities.version);
  });
});

test('balloon, disk, tray, screen and keys answer to the monitor', async () => {
  await start();
  await using(async (monitor) => {
    assert.equal(await qmp.queryBalloon(monitor, 64), 64);
    await qmp.setBalloon(monitor, 48);
    await pollBalloonStatistics(monitor, 2);
    // One sector of guest has no balloon driver: nothing is known, and that is no error.
    assert.equal((await readBalloonStatistics(monitor)).updatedAtS, null);

    await qmp.blockResize(monitor, 128 * 1024 * 1024);
    assert.equal((await blockOf(monitor, 'disk0')).sizeBytes, 128 * 1024 * 1024);

    assert.equal((await blockOf(monitor, 'cd0')).file, null);
    const sizes = [];
    for (const sectors of [100, 200]) {
      // Where QEMU may open nothing.
      const path = `${world.root}/elsewhere/${sectors}.iso`;
      await makeDirectory(dirname(path), { mode: 0o700 });
      await writeFile(path, Buffer.alloc(sectors * 2048));
      const medium = await open(path);
      await qmp.changeMedium(monitor, medium.fd);
      await medium.close();
      sizes.push((await blockOf(monitor, 'cd0')).sizeBytes);
      assert.deepEqual(await openElsewhere(), new Set([path]));
    }
    assert.deepEqual(sizes, [100 * 2048, 200 * 2048]);
    await qmp.ejectMedium(monitor);
    assert.equal((await blockOf(monitor, 'cd0')).file, null);
    assert.deepEqual(await openElsewhere(), new Set());
    // What is no regular file is refused, and not kept.
    const directory = await open('/');
    await assert.rejects(qmp.changeMedium(monitor, directory.fd), { code: 'QMP_FAILED' });
    await directory.close();
    assert.ok(!(await openFiles()).includes('/'));

    await qmp.sendKey(monitor, ['ctrl', 'alt', 'f2']);
    // QEMU makes no file: it writes into one that is there.
    const picture = `${input.layout.dir}/screen.png`;
    await writeFile(picture, '');
    await chown(picture, world.user.uid, world.user.gid);
    await qmp.screendump(monitor, picture);
    assert.equal((await readFile(picture)).subarray(1, 4).toString(), 'PNG');

    await qmp.stopCpus(monitor);
    assert.equal((await qmp.queryStatus(monitor)).status, 'paused');
    await qmp.continueCpus(monitor);
    assert.equal((await qmp.queryStatus(monitor)).status, 'running');
  });
});

test('a guest that powers itself off has ended by itself', async () => {
  await start();
  await awaitSerial('lodge: booted');
  const monitor = await connectMonitor(input.layout.qmpSocket);
  await write(input.layout.serialSocket, 'o');
  assert.deepEqual((await monitor.closed).shutdown, { guest: true, reason: 'guest-shutdown' });
  await waitForExit(pid, EXIT_MS);
  assert.equal((await readExit(input.layout.qemuLog)).kind, 'shutdown');
});

test('the power button ends it the same way, with nobody at the monitor', async () => {
  await start();
  await awaitSerial('lodge: booted');
  await using((monitor) => qmp.systemPowerdown(monitor));
  await waitForExit(pid, EXIT_MS);
  assert.equal((await readExit(input.layout.qemuLog)).kind, 'shutdown');
});

test('quit, a signal and a kill are told apart', async () => {
  const ends: [() => Promise<void>, string][] = [
    [() => using(qmp.quit), 'quit'],
    [() => killQemu(pid, input.spec.uuid, 'SIGTERM', [world.user.uid]), 'signal'],
    [() => killQemu(pid, input.spec.uuid, 'SIGKILL', [world.user.uid]), 'crash'],
  ];
  for (const [end, kind] of ends) {
    await start();
    await end();
    await waitForExit(pid, EXIT_MS);
    assert.equal((await readExit(input.layout.qemuLog)).kind, kind);
    assert.equal(await isQemu(pid, input.spec.uuid, [world.user.uid]), false);
  }
});

test('a killed QEMU has let go of everything when its exit has been waited for', async () => {
  for (let round = 0; round < 10; round++) {
    // It would find the pid file or the disk locked.
    await start();
    await killQemu(pid, input.spec.uuid, 'SIGKILL', [world.user.uid]);
    await waitForExit(pid, EXIT_MS);
  }
});

test('a start right after a kill waits until the killed one has let go', async () => {
  for (let round = 0; round < 10; round++) {
    await start();
    await killQemu(pid, input.spec.uuid, 'SIGKILL', [world.user.uid]);
    while (await isQemu(pid, input.spec.uuid, [world.user.uid])) await sleep(1);
  }
});

test('a kept monitor says once that QEMU is gone, with what it announced', async () => {
  await start();
  const gone = Promise.withResolvers<unknown>();
  const connected = Promise.withResolvers<void>();
  let times = 0;
  const keeper = keepMonitor({
    socketPath: input.layout.qmpSocket,
    isAlive: () => isQemu(pid, input.spec.uuid, [world.user.uid]),
    onConnected: () => connected.resolve(),
    onGone(end) {
      times++;
      gone.resolve(end?.shutdown);
    },
  });
  await connected.promise;
  const { current } = keeper;
  await qmp.quit(current() ?? assert.fail('it is connected'));
  assert.deepEqual(await gone.promise, { guest: false, reason: 'host-qmp-quit' });
  await keeper.stop();
  assert.equal(times, 1);
});

test('without an agent in the guest the channel is there and silent', async () => {
  await start();
  await assert.rejects(connectAgent(input.layout.agentSocket, { timeoutMs: 300 }), { code: 'TIMED_OUT' });
});

test('a QEMU that dies at start says why', async () => {
  await assert.rejects(start({ argv: [...argvOf(), '-device', 'no-such-device'] }), {
    code: 'QEMU_DIED',
    message: /exited with 1 while starting: .*'no-such-device' is not a valid device model name/,
  });
  assert.equal(await findQemu(input.layout, input.spec.uuid, [world.user.uid]), null);
});

test('a guest too large for the host is refused with the numbers', async () => {
  input.spec.memoryMiB = 900 * 1024;
  await assert.rejects(start(), { code: 'MEMORY_SHORT', message: /921600 MiB wanted, \d+ MiB of \d+ MiB free/ });
});

test('a disk that another QEMU has open is not opened twice', async () => {
  await start();
  const first = pid;
  const again = ['qmp', 'serial', 'vnc', 'agent', 'qemu'].reduce(
    (argv, word) => argv.map((one) => one.replace(`/${word}.sock`, `/${word}2.sock`).replace('/qemu.pid', '/2.pid')),
    argvOf(),
  );
  const second = {
    pidFile: `${input.layout.dir}/2.pid`,
    qmpSocket: `${input.layout.runDir}/qmp2.sock`,
    logs: { qemuLog: { file: `${input.layout.dir}/2.log`, pipe: `${input.layout.qemuLog.pipe}2` }, serialLog: null },
  };
  await writeFile(second.pidFile, '');
  await chown(second.pidFile, world.user.uid, world.user.gid);
  await assert.rejects(start({ argv: again, ...second }), {
    code: 'QEMU_DIED',
    hint: /another QEMU has the disk open/,
  });
  assert.equal(await isQemu(first, input.spec.uuid, [world.user.uid]), true);
});

test('a start that takes too long ends what it started', async () => {
  const qmpSocket = `${input.layout.runDir}/nobody.sock`;
  await assert.rejects(start({ qmpSocket, timeoutMs: 500 }), { code: 'TIMED_OUT' });
  const ours = await runningQemus();
  assert.deepEqual(ours, []);
});

async function start(overrides: Partial<StartQemu> = {}): Promise<void> {
  const { layout, abilities } = input;
  const started = await startQemu({
    binary: abilities.binary,
    argv: argvOf(),
    user: world.user,
    confinement: confinementOf(input),
    systemdUnit: null,
    logs: layout,
    logWriter: LOG_WRITER,
    pidFile: layout.pidFile,
    startedFile: null,
    qmpSocket: layout.qmpSocket,
    timeoutMs: PATIENCE_MS,
    ...overrides,
  });
  pid = started.pid;
}

/** The tap is left to test/guest/qemu-goldens.test.ts: here no packet is sent, and a tap needs a namespace. */
function argvOf(): string[] {
  const { options } = renderQemuArguments(input);
  const isNetdev = (flag: string) => flag === 'netdev';
  const user = listOption('netdev', 'user', { id: 'net0', restrict: true });
  return toArgv(options.map((option) => (isNetdev(option.flag) ? user : option)));
}

const openElsewhere = async () => new Set((await openFiles()).filter((file) => file.includes('/elsewhere/')));

/** What QEMU holds open. */
async function openFiles(): Promise<string[]> {
  const directory = `/proc/${pid}/fd`;
  return Promise.all((await readdir(directory)).map((name) => readlink(`${directory}/${name}`)));
}

async function using(use: (monitor: Monitor) => Promise<void>): Promise<void> {
  const monitor = await connectMonitor(input.layout.qmpSocket);
  await use(monitor).finally(() => monitor.close());
}

async function blockOf(monitor: Monitor, id: string): Promise<qmp.BlockDevice> {
  const found = (await qmp.queryBlock(monitor)).find(({ qdev }) => qdev.includes(id));
  return found ?? assert.fail(`no device ${id}`);
}

/** The log holds what the guest wrote whether or not a viewer was there. */
async function awaitSerial(text: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await readFile(input.layout.serialLog.file, 'utf8')).includes(text)) {
    assert.ok(performance.now() < deadline, `the serial console never said ${text}`);
    await sleep(50);
  }
}

async function readSome(path: string, length: number): Promise<Buffer> {
  const socket = connect(path);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return chunk.subarray(0, length);
}

async function write(path: string, text: string): Promise<void> {
  const socket: Socket = connect(path);
  await once(socket, 'connect');
  socket.end(text);
  await once(socket, 'close');
}

async function runningQemus(): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((number) => number > 1);
  const mine = await Promise.all(pids.map((one) => isQemu(one, input.spec.uuid, [world.user.uid])));
  return pids.filter((_, index) => mine[index]);
}
