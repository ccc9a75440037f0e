import assert from 'node:assert/strict';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { sleep } from '../../src/base/clock.ts';
import { KIB, MIB } from '../../src/base/size.ts';
import type { GuestLayout, GuestLog } from '../../src/model/layout.ts';
import { guestLayoutOf } from '../../src/model/layout.ts';
import { logWriterId } from '../../src/model/unix-ids.ts';
import { droppedBytes, HEAD_BYTES, hasLogWriter, LOG_LIMITS } from '../../src/qemu/log-writer.ts';
import { connectMonitor } from '../../src/qemu/monitor.ts';
import { queryStatus } from '../../src/qemu/qmp-commands.ts';
import { cachedImage } from '../support/cached-image.ts';
import { GuestShell } from '../support/guest-shell.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { findLogWriters } from '../support/log-writers.ts';
import { eventually } from '../support/netns.ts';

/** Root in a booted Debian makes his host write, and no daemon is there. */
const PATIENCE_MS = 300_000;
/**
 * Root drives the virtio-serial device by its ports: a ring in the BIOS's own bytes, for which QEMU breaks the device with a warning
 * (`Guest says index 45965 is available`), and a reset. Registers: virtio 1.2, 4.1.4.8.
 */
const WARNINGS = `
my $pci = "/sys/bus/pci/devices/0000:00:07.0";
open(my $config, "+<", "$pci/config") or die; sysseek($config, 4, 0); syswrite($config, pack("v", 7));
open(my $resource, "<", "$pci/resource") or die; my $base = hex((split " ", <$resource>)[0]);
open(my $ports, "+<", "/dev/port") or die;
sub out { my ($at, $bytes) = @_; sysseek($ports, $base + $at, 0); syswrite($ports, $bytes) }
while (1) { out(18, "\\0"); out(14, pack("v", 3)); out(8, pack("V", 0xf0)); out(18, "\\7"); out(16, pack("v", 3)) }
`;
const SERIAL = 'open(my $serial, ">", "/dev/ttyS0") or die; syswrite($serial, "words of the guest\\n" x 1000) while 1;';

let lodge: LodgeInstance;
let layout: GuestLayout;
let shell: GuestShell;

before(async () => {
  lodge = await LodgeInstance.open('lgaf');
  await lodge.addImage('debian-12', await cachedImage('debian-12'), 'credentials');
  const made = await lodge.run(['create', 'web1', '--image', 'debian-12', '--memory', '512MiB']);
  assert.equal(made.exitCode, 0, made.stderr);
  layout = guestLayoutOf(lodge.layout, 'web1', 'qcow2');
  shell = new GuestShell(lodge, 'web1', PATIENCE_MS);
});
after(async () => {
  await lodge.run(['rm', 'web1', '--yes']);
  await lodge.close();
});

async function killDaemon(): Promise<void> {
  const pid = await lodge.daemonPid();
  assert.ok(pid !== null);
  process.kill(pid, 'SIGKILL');
  await eventually('the daemon is gone', async () => ((await lodge.daemonPid()) === null ? true : null));
}

/** Goes on in the guest after the login has ended. */
async function flood(name: string, script: string): Promise<void> {
  await shell.run(`cat >/root/${name} <<'END'\n${script}\nEND\nsetsid perl /root/${name} </dev/null >/dev/null 2>&1 &`);
}

/** Both parts of a log, as large as they are this moment. */
async function sizesOf({ file }: GuestLog): Promise<number[]> {
  return Promise.all([file, `${file}.1`].map(async (path) => (await stat(path).catch(() => ({ size: 0 }))).size));
}

async function droppedOf({ file }: GuestLog): Promise<number> {
  const older = await readFile(`${file}.1`).catch(() => Buffer.alloc(0));
  return droppedBytes(older.toString('latin1', 0, HEAD_BYTES)) ?? 0;
}

async function assertBounded(): Promise<void> {
  for (const [log, limit] of [
    [layout.serialLog, LOG_LIMITS.serial],
    [layout.qemuLog, LOG_LIMITS.qemu],
  ] as const) {
    const sizes = await sizesOf(log);
    assert.ok(Math.max(...sizes) <= limit + HEAD_BYTES, `${log.file} and its older part have ${sizes} bytes`);
  }
}

async function isRunning(): Promise<boolean> {
  const monitor = await connectMonitor(layout.qmpSocket);
  return queryStatus(monitor)
    .then(({ running }) => running)
    .finally(() => monitor.close());
}

test("root in a guest fills the host's disk through QEMU's warnings and his serial port while no daemon runs", async () => {
  await flood('warnings', WARNINGS);
  await flood('serial', SERIAL);
  await killDaemon();
  await eventually(
    'more was written than is kept',
    async () => {
      await assertBounded();
      const [serial, qemu] = [await droppedOf(layout.serialLog), await droppedOf(layout.qemuLog)];
      return (serial > LOG_LIMITS.serial / 2 && qemu > LOG_LIMITS.qemu) || null;
    },
    PATIENCE_MS,
  );
  assert.equal(await isRunning(), true);
  // The next daemon reads what is left, and where something is missing it says so.
  for (const source of ['serial', 'qemu'] as const) {
    const { exitCode, stdout, stderr } = await lodge.run(['logs', 'web1', '--source', source, '--tail', '3']);
    assert.equal(exitCode, 0, stderr);
    assert.equal(stdout.split('\n').length, 4, stdout);
  }
  await assertBounded();
});

test('QEMU waits for, or ends with, a writer that is killed; what it writes then fills the disk', async () => {
  await killDaemon();
  for (const pid of await findLogWriters(layout.serialLog)) process.kill(pid, 'SIGKILL');
  await eventually('it is gone', async () => ((await hasLogWriter(layout.serialLog)) ? null : true));
  const sizes = [...(await sizesOf(layout.serialLog)), ...(await sizesOf(layout.qemuLog))];
  for (let look = 0; look < 20; look += 1) {
    assert.equal(await isRunning(), true);
    await sleep(50);
  }
  assert.deepEqual([...(await sizesOf(layout.serialLog)), ...(await sizesOf(layout.qemuLog))], sizes);
  // The guest is as quick as before, and the next daemon gives it another writer.
  assert.equal(await shell.run('echo alive'), 'alive');
  await eventually('another writer is there', () => hasLogWriter(layout.serialLog), PATIENCE_MS);
  await eventually('it says that something is missing', async () => {
    const log = await readFile(layout.qemuLog.file, 'utf8');
    const older = await readFile(`${layout.qemuLog.file}.1`, 'utf8');
    return /\[lodge: something may be missing here/.test(older + log) || null;
  });
  await assertBounded();
});

test('the writer of a log has rights, names, or files of others', async () => {
  const [pid = 0, ...others] = await findLogWriters(layout.serialLog);
  assert.deepEqual(others, []);
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const id = logWriterId(lodge.root);
  assert.match(status, new RegExp(`^Uid:(\\s+${id}){4}$`, 'm'));
  assert.match(status, new RegExp(`^Gid:(\\s+${id}){4}$`, 'm'));
  assert.match(status, /^Groups:\s*$/m);
  assert.match(status, /^NoNewPrivs:\s+1$/m);
  for (const set of ['Inh', 'Prm', 'Eff', 'Amb']) assert.match(status, new RegExp(`^Cap${set}:\\s+0{16}$`, 'm'));
  const limit = /^Max file size\s+(\d+)/m.exec(await readFile(`/proc/${pid}/limits`, 'utf8'))?.[1];
  assert.ok(Number(limit) <= LOG_LIMITS.serial + 8 * KIB, limit);
  const fds = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`)));
  const own = [layout.serialLog, layout.qemuLog].flatMap(({ file, pipe }) => [pipe, file, `${file}.1`]);
  assert.deepEqual(links.filter((link) => link !== '/dev/null').sort(), own.sort());
});

test('a flood costs the host more memory than a small process has', async () => {
  const [pid = 0] = await findLogWriters(layout.serialLog);
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  const ownKiB = ['Private_Dirty', 'Private_Clean'].map((key) =>
    Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(rollup)?.[1]),
  );
  assert.ok(ownKiB.reduce((sum, one) => sum + one) * KIB < 4 * MIB, rollup);
});

test('a writer is left behind when its guest has ended', async () => {
  const { exitCode, stderr } = await lodge.run(['kill', 'web1']);
  assert.equal(exitCode, 0, stderr);
  assert.deepEqual(await findLogWriters(layout.serialLog), []);
  assert.deepEqual(await findLogWriters(layout.qemuLog), []);
  assert.equal(await hasLogWriter(layout.serialLog), null);
});
