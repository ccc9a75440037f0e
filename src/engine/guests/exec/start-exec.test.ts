import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { answerHonestly, FakeExecGuest } from '../../../../test/support/fake-exec-guest.ts';
import { MIB } from '../../../base/size.ts';
import type { ExecGuest } from '../../../model/guest-exec.ts';
import { type StartedExec, startExec } from './start-exec.ts';

/** Begins a command and plays the script's first words. */
async function begin(guest: FakeExecGuest, request: ExecGuest): Promise<{ started: StartedExec; token: string }> {
  const starting = startExec(guest.deps, 'web1', request);
  const [, token = ''] = await guest.scriptWords();
  for (const kind of ['out', 'err', 'in'] as const) guest.tellPort(kind, true);
  (await guest.port('out')).write(`${token}\n`);
  return { started: await starting, token };
}

function collect({ exec }: StartedExec) {
  const got = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  exec.onOutput((stream, bytes) => got[stream].push(Buffer.from(bytes)));
  return () => ({ stdout: Buffer.concat(got.stdout), stderr: Buffer.concat(got.stderr) });
}

test('words reach the agent as words, and output, errors and exit code come back', async () => {
  await using guest = await FakeExecGuest.open();
  const words = ['printf', '%s', "$(reboot); 'x'\n", ''];
  const { started, token } = await begin(guest, { command: words, user: 'bob', cwd: '/tmp', env: { A: '$B' } });
  const [lane = '', ...others] = await guest.scriptWords();
  assert.match(lane, /^0-/);
  assert.deepEqual(others, [token, '0', 'bob', '/tmp', '1', 'A=$B', ...words]);
  const got = collect(started);
  (await guest.port('out')).write(Buffer.concat([Buffer.from([0, 255]), Buffer.from(`${token}7\n`)]));
  (await guest.port('err')).write(`warning\n${token}7\n`);
  assert.deepEqual(await started.exec.ended, { exitCode: 7 });
  assert.deepEqual(got(), { stdout: Buffer.from([0, 255]), stderr: Buffer.from('warning\n') });
});

test('input goes to the guest, and its end is an end there', async () => {
  await using guest = await FakeExecGuest.open();
  const { started } = await begin(guest, { command: ['cat'], stdin: true });
  const input = await guest.port('in');
  let read = '';
  input.on('data', (chunk) => {
    read += chunk;
  });
  await new Promise<void>((taken) => started.exec.write(Buffer.from('typed'), taken));
  started.exec.endInput();
  await once(input, 'end');
  assert.equal(read, 'typed');
});

test('a guest that writes without end is kept waiting by a caller that does not read', async () => {
  await using guest = await FakeExecGuest.open();
  const { started } = await begin(guest, { command: ['yes'] });
  let taken = 0;
  started.exec.onOutput((_stream, bytes) => {
    taken += bytes.length;
    started.exec.pause();
  });
  const output = await guest.port('out');
  let written = 0;
  // Until the kernel's buffers are full: a writer that nobody stops would come to the limit.
  while (output.writableLength < MIB && written < 64 * MIB) {
    output.write(Buffer.alloc(64 * 1024, 'y'));
    written += 64 * 1024;
    await setImmediate();
  }
  assert.ok(written < 8 * MIB, `${written} bytes were taken from a guest that nobody reads`);
  assert.ok(taken < MIB, `${taken} bytes were handed on`);
});

test('a guest that lets go of its ports without an end, or whose QEMU ends, gives a clear end', async () => {
  for (const end of ['ports', 'qemu'] as const) {
    await using guest = await FakeExecGuest.open();
    const { started } = await begin(guest, { command: ['sleep', '1000'] });
    const got = collect(started);
    (await guest.port('out')).write('the last words');
    if (end === 'ports') guest.tellPort('out', false);
    else guest.endQemu();
    const ended = await started.exec.ended;
    assert.ok('error' in ended && ended.error.code === 'GUEST_UNREACHABLE', JSON.stringify(ended));
    if (end === 'ports') assert.equal(got().stdout.toString(), 'the last words');
  }
});

test('a close that QEMU tells late is the command before, and does not end this one', async () => {
  await using guest = await FakeExecGuest.open();
  const { started, token } = await begin(guest, { command: ['sleep', '4'] });
  const got = collect(started);
  guest.tellLate('out', false);
  // Longer than the last bytes of a guest that is gone may take.
  await setTimeout(1500);
  (await guest.port('out')).write(`slept\n${token}0\n`);
  (await guest.port('err')).write(`${token}0\n`);
  assert.deepEqual(await started.exec.ended, { exitCode: 0 });
  assert.equal(got().stdout.toString(), 'slept\n');
});

test('an account that the guest does not have is told as one', async () => {
  await using guest = await FakeExecGuest.open();
  const { started, token } = await begin(guest, { command: ['id'], user: 'nobody-here' });
  collect(started);
  (await guest.port('out')).write(`${token}account\n`);
  (await guest.port('err')).write(`${token}account\n`);
  const ended = await started.exec.ended;
  assert.ok('error' in ended && ended.error.problems?.[0]?.path === 'user', JSON.stringify(ended));
});

test('an exit code that no program has is none', async () => {
  for (const word of ['256', '999', '-1', '1e3', '']) {
    await using guest = await FakeExecGuest.open();
    const { started, token } = await begin(guest, { command: ['true'] });
    collect(started);
    for (const kind of ['out', 'err'] as const) (await guest.port(kind)).write(`${token}${word}\n`);
    const ended = await started.exec.ended;
    assert.ok('error' in ended && ended.error.code === 'AGENT_UNAVAILABLE', `${word}: ${JSON.stringify(ended)}`);
  }
});

test('a number that is no process is no beginning of a command', async () => {
  for (const pid of [-1, 0, 1, 1.5, 1e300, 2 ** 22 + 1, '7', [7], null]) {
    await using guest = await FakeExecGuest.open();
    guest.onAgent('guest-exec', (_asked, socket) => void socket.write(`${JSON.stringify({ return: { pid } })}\n`));
    const told = { code: 'AGENT_UNAVAILABLE', message: /talks nonsense/ };
    await assert.rejects(startExec(guest.deps, 'web1', { command: ['true'] }), told, String(pid));
  }
});

test('what a guest writes to its own input is not read', async () => {
  await using guest = await FakeExecGuest.open();
  const { started, token } = await begin(guest, { command: ['cat'], stdin: true });
  collect(started);
  const input = await guest.port('in');
  let written = 0;
  while (input.writableLength < MIB && written < 64 * MIB) {
    input.write(Buffer.alloc(64 * 1024, 'y'));
    written += 64 * 1024;
    await setImmediate();
  }
  assert.ok(written < 8 * MIB, `${written} bytes were read from a guest's input`);
  for (const kind of ['out', 'err'] as const) (await guest.port(kind)).write(`${token}0\n`);
  assert.deepEqual(await started.exec.ended, { exitCode: 0 });
});

test('a signal goes to the whole session of the command', async () => {
  await using guest = await FakeExecGuest.open();
  const { started } = await begin(guest, { command: ['sleep', '1000'] });
  await started.signal('INT');
  const words = guest.asked.at(-1)?.arguments.arg as string[];
  assert.deepEqual(words.slice(-2), ['INT', '4242']);
});

test('an agent that may not run commands is named, with what to change', async () => {
  await using guest = await FakeExecGuest.open();
  guest.onAgent('guest-exec', (_asked, socket) => {
    const error = { class: 'CommandNotFound', desc: 'Command guest-exec has been disabled' };
    socket.write(`${JSON.stringify({ error })}\n`);
  });
  await assert.rejects(startExec(guest.deps, 'web1', { command: ['true'] }), {
    code: 'AGENT_UNAVAILABLE',
    message: 'the guest agent in web1 is not allowed to do guest-exec',
    hint: /qemu-ga.*restart qemu-guest-agent/,
  });
});

test('a start that was given up leaves its late script no ports, and the next command has others', async () => {
  await using guest = await FakeExecGuest.open();
  guest.onAgent('guest-exec', (_asked, socket) => void socket.write('nonsense\n'));
  await assert.rejects(startExec(guest.deps, 'web1', { command: ['late'] }), { code: 'AGENT_UNAVAILABLE' });
  guest.onAgent('guest-exec', answerHonestly);
  const [late] = await guest.scriptWords();
  guest.asked.length = 0;
  const { started } = await begin(guest, { command: ['next'] });
  const [next] = await guest.scriptWords();
  assert.ok(late?.startsWith('0-') && next?.startsWith('0-') && late !== next, `${late} ${next}`);
  started.exec.fail(new Error('the test is over'));
});

test('an agent that leaves a question open while a command begins is asked again', async () => {
  await using guest = await FakeExecGuest.open();
  let asked = 0;
  guest.onAgent('guest-exec-status', (one, socket) => {
    asked += 1;
    if (asked === 1) socket.write('nonsense\n');
    else answerHonestly(one, socket);
  });
  const starting = startExec(guest.deps, 'web1', { command: ['true'] });
  const [, token = ''] = await guest.scriptWords();
  while (asked < 2) await setImmediate();
  for (const kind of ['out', 'err', 'in'] as const) guest.tellPort(kind, true);
  (await guest.port('out')).write(`${token}\n${token}0\n`);
  (await guest.port('err')).write(`${token}0\n`);
  const { exec } = await starting;
  exec.onOutput(() => {});
  assert.deepEqual(await exec.ended, { exitCode: 0 });
});

test('what a script complained of that never began is told', async () => {
  await using guest = await FakeExecGuest.open();
  const complaint = Buffer.from('there is no port\x1b[2J').toString('base64');
  guest.onAgent('guest-exec-status', (_asked, socket) => {
    socket.write(`${JSON.stringify({ return: { exited: true, exitcode: 1, 'err-data': complaint } })}\n`);
  });
  await assert.rejects(startExec(guest.deps, 'web1', { command: ['true'] }), {
    code: 'AGENT_UNAVAILABLE',
    message: 'web1 cannot run commands for us: there is no port [2J',
  });
});

test('what cannot be a command is refused with all its problems, and a guest that is off before any of it', async () => {
  await using guest = await FakeExecGuest.open();
  const wrong = { command: ['a\0b', 'x'.repeat(200_000)], user: '-l', cwd: '', env: { 'A-B': 'c' } };
  await assert.rejects(startExec(guest.deps, 'web1', wrong), (error: { problems: { path: string }[] }) => {
    assert.deepEqual(
      error.problems.map(({ path }) => path),
      ['command[0]', 'user', 'cwd', 'env', 'command'],
    );
    return true;
  });
  guest.phase = 'stopped';
  await assert.rejects(startExec(guest.deps, 'web1', { command: [] }), {
    code: 'STATE_REFUSED',
    hint: 'lodge start web1',
  });
  assert.deepEqual(guest.asked, []);
});
