import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findLogWriters } from '../../test/support/log-writers.ts';
import { eventually } from '../../test/support/netns.ts';
import { sleep } from '../base/clock.ts';
import { exec } from '../host/exec.ts';
import { makeDirectory } from '../host/files.ts';
import { FILES } from '../model/file-modes.ts';
import type { GuestLog } from '../model/layout.ts';
import { GUEST_LIMITS } from '../model/unit-limits.ts';
import { launchCommand } from './launch.ts';
import { openLog, readLogTail } from './log-file.ts';
import {
  awaitLogWriter,
  droppedBytes,
  HEAD_BYTES,
  hasLogWriter,
  LOG_LIMITS,
  replaceLogWriter,
  withLogWriter,
} from './log-writer.ts';
import { endLogs, prepareLogs } from './prepare-logs.ts';

const LINE_BYTES = 32;

/** Logs in a directory of their own, and what runs in QEMU's place: it ignores SIGPIPE as QEMU does. */
async function makeLogs(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'lodge-logs-'));
  t.after(() => rm(directory, { recursive: true }));
  const log = (name: string) => ({ file: join(directory, `${name}.log`), pipe: join(directory, `pipes/${name}`) });
  const logs = { qemuLog: log('qemu'), serialLog: log('serial') };
  await prepareLogs(logs, 0);
  const run = (perl: string) => {
    const [program = '', ...args] = withLogWriter(['perl', '-e', `$SIG{PIPE} = "IGNORE"; ${perl}`], logs, null);
    return exec(program, args);
  };
  return { logs, run };
}

/** `lines(2) -> 0000000000000000000000000000000\n0000000000000000000000000000001\n`, and the same in Perl. */
const inPerl = (count: number, handle: string, first = 0) =>
  `for (${first} .. ${first + count - 1}) { syswrite(${handle}, sprintf("%0${LINE_BYTES - 1}d\\n", $_)) }`;

async function mostOf(path: string): Promise<number> {
  return (await stat(path)).size;
}

test('what is said is in the log, each log its own, and the writer ends with who spoke', async (t) => {
  const { logs, run } = await makeLogs(t);
  await run(`open(my $serial, ">", "${logs.serialLog.pipe}"); print STDERR "qemu\\n"; syswrite($serial, "guest\\n")`);
  await endLogs(logs);
  assert.match(await readFile(logs.qemuLog.file, 'utf8'), /^--- lodge starts QEMU \S+\nqemu\n$/);
  assert.match(await readFile(logs.serialLog.file, 'utf8'), /^--- lodge starts QEMU \S+\nguest\n$/);
  assert.deepEqual(await findLogWriters(logs.qemuLog), []);
  assert.equal(await hasLogWriter(logs.qemuLog), null);
});

test('a log stays in its bounds, keeps the end of what was said without a gap, and says how much is gone before it', async (t) => {
  const { logs, run } = await makeLogs(t);
  const { file } = logs.qemuLog;
  const begin = await mostOf(file);
  const count = 100_000;
  await run(inPerl(count, 'STDERR'));
  await awaitLogWriter(logs.qemuLog);
  const [older, newer] = [await readFile(`${file}.1`), await readFile(file)];
  assert.ok(newer.length <= LOG_LIMITS.qemu && older.length <= LOG_LIMITS.qemu + HEAD_BYTES);
  const dropped = droppedBytes(older.toString('latin1', 0, HEAD_BYTES));
  assert.ok(dropped !== null && dropped > MIB_OF(count) - 2 * LOG_LIMITS.qemu);
  const kept = Buffer.concat([older.subarray(HEAD_BYTES), newer]);
  assert.equal(dropped + kept.length, begin + count * LINE_BYTES);
  assert.ok(kept.length > LOG_LIMITS.qemu - 2 * 64 * 1024, `only ${kept.length} bytes are kept`);
  const numbers = kept
    .toString('latin1', kept.indexOf('\n') + 1)
    .trimEnd()
    .split('\n')
    .map(Number);
  assert.equal(numbers.at(-1), count - 1);
  assert.ok(numbers.every((number, index) => index === 0 || number === (numbers[index - 1] ?? 0) + 1));
  const tail = (await readLogTail(file, 64 * 1024 * 1024)).toString('latin1');
  assert.ok(tail.startsWith(`[lodge: ${dropped} bytes of this log were dropped before this]\n`));
  assert.equal(tail.length, tail.indexOf('\n') + 1 + kept.length);
});

const MIB_OF = (count: number) => count * LINE_BYTES;

test('who follows a log gets all of it in order, or is told how much he missed', async (t) => {
  const { logs, run } = await makeLogs(t);
  const log = await openLog(logs.qemuLog.file);
  const begin = await log.end();
  const count = 200_000;
  const speaking = run(inPerl(count, 'STDERR'));
  const end = begin + count * LINE_BYTES;
  let position = begin;
  let missed = 0;
  while (position < end) {
    const { from, bytes } = await log.read(position, 64 * 1024);
    missed += from - position;
    for (
      let at = (LINE_BYTES - ((from - begin) % LINE_BYTES)) % LINE_BYTES;
      at + LINE_BYTES <= bytes.length;
      at += LINE_BYTES
    ) {
      assert.equal(Number(bytes.toString('latin1', at, at + LINE_BYTES - 1)), (from + at - begin) / LINE_BYTES);
    }
    position = from + bytes.length;
    if (bytes.length === 0) await sleep(1);
  }
  await speaking;
  await log.close();
  assert.equal(position, end);
  t.diagnostic(`${missed} bytes were missed`);
});

test('a log of an older Lodge, without bounds, keeps its end', async (t) => {
  const { logs, run } = await makeLogs(t);
  const { file } = logs.qemuLog;
  const old = Buffer.alloc(3 * LOG_LIMITS.qemu, 'old line\n');
  await writeFile(file, old);
  await writeFile(`${file}.1`, 'older still\n');
  await run('print STDERR "new\\n"');
  await awaitLogWriter(logs.qemuLog);
  assert.equal(await readFile(file, 'latin1'), 'new\n');
  const older = await readFile(`${file}.1`, 'latin1');
  const gone = '[lodge: 1048588 bytes of this log were dropped before this]';
  assert.equal(older, `${gone.padEnd(HEAD_BYTES - 1)}\n${old.toString('latin1', 2 * LOG_LIMITS.qemu)}`);
});

test('who speaks goes on when the writer is killed, and another one says where something is missing', async (t) => {
  const { logs, run } = await makeLogs(t);
  const step = (name: string) => join(logs.qemuLog.file, `../${name}`);
  const until = (name: string) => `select(undef, undef, undef, 0.01) until -e "${step(name)}";`;
  const speaking = run(
    `print STDERR "before\\n"; ${until('killed')} ${inPerl(10_000, 'STDERR')} open(my $x, ">", "${step('spoken')}"); ${until('replaced')} print STDERR "after\\n"`,
  );
  const writers = async () => {
    let found: number[] = [];
    while (found.length === 0) found = await findLogWriters(logs.qemuLog);
    return found;
  };
  const [pid = 0, ...others] = await writers();
  assert.deepEqual(others, []);
  while (!(await readFile(logs.qemuLog.file, 'utf8')).includes('before')) await sleep(5);
  process.kill(pid, 'SIGKILL');
  while (await hasLogWriter(logs.qemuLog)) await sleep(5);
  await writeFile(step('killed'), '');
  while ((await stat(step('spoken')).catch(() => null)) === null) await sleep(5);
  await replaceLogWriter(logs, null);
  assert.equal(await hasLogWriter(logs.qemuLog), true);
  assert.equal(await hasLogWriter(logs.serialLog), true);
  await writeFile(step('replaced'), '');
  await speaking;
  await endLogs(logs);
  assert.match(
    await readFile(logs.qemuLog.file, 'utf8'),
    /\nbefore\n\n\[lodge: something may be missing here: its writer had ended\]\nafter\n$/,
  );
});

test('signals that end a group, or a terminal, do not end the writer', async (t) => {
  const { logs, run } = await makeLogs(t);
  const speaking = run(`<STDIN>; sleep 1 until -e "${logs.qemuLog.file}.go"; print STDERR "last words\\n"`);
  let writers: number[] = [];
  while (writers.length === 0) writers = await findLogWriters(logs.qemuLog);
  for (const pid of writers) for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.kill(pid, name);
  await writeFile(`${logs.qemuLog.file}.go`, '');
  await speaking;
  await awaitLogWriter(logs.qemuLog);
  assert.match(await readFile(logs.qemuLog.file, 'utf8'), /\nlast words\n$/);
});

/** Ids that nobody has. */
const [GUEST_ID, WRITER_ID] = [3_999_999_001, 3_999_999_000];

test('with the rights that a unit of systemd leaves, the logs of a guest have a writer, which is a user of its own', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'lodge-logs-'));
  t.after(() => rm(directory, { recursive: true }));
  await chmod(directory, 0o755);
  // As the steps of a guest make it: root has no right in a unit to pass over modes.
  await makeDirectory(join(directory, 'guest'), { mode: FILES.guestDir.mode, owner: { uid: 0, gid: GUEST_ID } });
  const log = (name: string) => ({
    file: join(directory, `guest/${name}.log`),
    pipe: join(directory, `pipes/${name}`),
  });
  const logs = { qemuLog: log('qemu'), serialLog: log('serial') };
  await prepareLogs(logs, GUEST_ID);
  const speak = `print STDERR "qemu $<\n"; open(my $serial, ">", "${logs.serialLog.pipe}") or die "serial: $!";
    syswrite($serial, "guest\n"); for (1 .. 60) { last if -e "${directory}/go"; sleep 1 }`;
  const user = { uid: GUEST_ID, gid: GUEST_ID, groups: [GUEST_ID] };
  const command = launchCommand({ binary: 'perl', argv: ['-e', speak], user, confinement: null });
  const kept = GUEST_LIMITS.join('\n').match(/(?<=^CapabilityBoundingSet=.*CAP_)[A-Z_]+/gm) ?? [];
  const bounds = ['-all', ...kept.map((name) => `+${name.toLowerCase()}`)].join(',');
  const unit = ['--bounding-set', bounds, '--no-new-privs', 'sh', '-c', 'umask 0077; exec "$@"', 'sh'];
  const speaking = exec('setpriv', [...unit, ...withLogWriter(command, logs, { uid: WRITER_ID, gid: WRITER_ID })]);
  const hasSpoken = async ({ file }: GuestLog, words: RegExp) => words.test(await readFile(file, 'utf8'));
  await eventually('QEMU has spoken', () => hasSpoken(logs.qemuLog, new RegExp(`\nqemu ${GUEST_ID}\n$`)));
  await eventually('so has the guest', () => hasSpoken(logs.serialLog, /\nguest\n$/));
  const [writer] = await findLogWriters(logs.qemuLog);
  const status = await readFile(`/proc/${writer}/status`, 'utf8');
  assert.match(status, new RegExp(`^Uid:(\\s+${WRITER_ID}){4}$`, 'm'));
  assert.match(status, /^Groups:\s*$/m);
  assert.match(status, /^CapPrm:\s+0+$/m);
  await writeFile(`${directory}/go`, '');
  await speaking;
  await endLogs(logs);
  assert.deepEqual(await findLogWriters(logs.qemuLog), []);
});

test('a disk that takes nothing holds nobody up', async (t) => {
  const { logs, run } = await makeLogs(t);
  await rm(logs.qemuLog.file);
  await symlink('/dev/full', logs.qemuLog.file);
  await run(inPerl(20_000, 'STDERR'));
  await awaitLogWriter(logs.qemuLog);
  assert.deepEqual(await findLogWriters(logs.qemuLog), []);
});

test('what is no first line of an older part says nothing', () => {
  assert.equal(droppedBytes('[lodge: 12 bytes of this log were dropped before this]     \n'), 12);
  for (const line of ['', ' \n', 'x', '[lodge: 12 bytes of this log were dropped before this]', '[lodge: -1 bytes\n']) {
    assert.equal(droppedBytes(line), null);
  }
});
