import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { FakeQmp } from '../../test/support/qmp-fake.ts';
import { explainError } from '../base/errors.ts';
import { MIB } from '../base/size.ts';
import { connectAgent } from './guest-agent.ts';
import { connectMonitor } from './monitor.ts';
import { keepMonitor } from './monitor-keeper.ts';
import { queryBalloon } from './qmp-commands.ts';
import type { MonitorEnd } from './qmp-connection.ts';

let fake: FakeQmp;
beforeEach(async () => {
  fake = await FakeQmp.listen();
});
afterEach(() => fake.close());

test('it greets, negotiates and tells the version', async () => {
  const monitor = await connectMonitor(fake.path);
  assert.equal(monitor.version, '9.8.7');
  monitor.close();
  assert.deepEqual(await monitor.closed, { by: 'us', error: null, shutdown: null });
});

test('a socket where nobody listens is QMP_CLOSED', async () => {
  await assert.rejects(connectMonitor(`${fake.path}.not`), { code: 'QMP_CLOSED' });
});

test('a greeting that does not come is a time-out that says who may hold the socket', async () => {
  fake.greet = false;
  await assert.rejects(connectMonitor(fake.path, { timeoutMs: 30 }), { code: 'TIMED_OUT', hint: /one client/ });
});

test('a peer that hangs up before it greets is QMP_CLOSED', async () => {
  fake.greet = false;
  const connecting = connectMonitor(fake.path);
  await until(() => fake.connections === 1);
  fake.hangUp();
  await assert.rejects(connecting, { code: 'QMP_CLOSED' });
});

test('replies are matched by id, in whatever order and pieces they come', async () => {
  const monitor = await connectMonitor(fake.path);
  const first = monitor.execute('query-name');
  const second = monitor.execute<{ status: string }>('query-status', { 'an-argument': 1 });
  const [name, status] = [await fake.next('query-name'), await fake.next('query-status')];
  assert.deepEqual(status.arguments, { 'an-argument': 1 });
  const line = `${JSON.stringify({ return: { status: 'läuft' }, id: status.id })}\r\n`;
  // In the middle of the two bytes of ä, and the end together with the next message.
  const bytes = Buffer.from(line);
  const cut = bytes.indexOf(0xc3) + 1;
  fake.write(bytes.subarray(0, cut));
  await setImmediate();
  fake.write(Buffer.concat([bytes.subarray(cut), Buffer.from(`${JSON.stringify({ return: 7, id: name.id })}\n`)]));
  assert.deepEqual(await second, { status: 'läuft' });
  assert.equal(await first, 7);
  monitor.close();
});

test('events between replies reach the listeners until they are taken away', async () => {
  const monitor = await connectMonitor(fake.path);
  const seen: string[] = [];
  const forget = monitor.onEvent(({ name, atMs }) => seen.push(`${name} ${atMs}`));
  const answer = monitor.execute('stop');
  const command = await fake.next('stop');
  fake.event('STOP');
  fake.reply(command);
  fake.event('RESUME');
  await answer;
  await roundTrip(monitor);
  forget();
  fake.event('RESET');
  await roundTrip(monitor);
  assert.deepEqual(seen, ['STOP 1700000000250', 'RESUME 1700000000250']);
  monitor.close();
});

test('an error reply rejects with its class and words', async () => {
  const monitor = await connectMonitor(fake.path);
  const answer = monitor.execute('device_del');
  fake.fail(await fake.next('device_del'), "Device 'x' not found");
  await assert.rejects(answer, {
    code: 'QMP_FAILED',
    message: "QEMU refused device_del: Device 'x' not found (GenericError)",
  });
  monitor.close();
});

test('a command without an answer is TIMED_OUT, and its late reply disturbs nobody', async () => {
  const monitor = await connectMonitor(fake.path);
  await assert.rejects(monitor.execute('query-block', undefined, { timeoutMs: 20 }), { code: 'TIMED_OUT' });
  fake.reply(await fake.next('query-block'), 'late');
  await roundTrip(monitor);
  monitor.close();
});

test('a closed socket rejects all that is pending, and tells the shutdown once', { timeout: 5_000 }, async () => {
  const monitor = await connectMonitor(fake.path);
  const answers = [monitor.execute('quit'), monitor.execute('query-status')].map((one) =>
    one.then(
      () => 'answered',
      (error) => error.code,
    ),
  );
  await fake.next('query-status');
  fake.event('SHUTDOWN', { guest: true, reason: 'guest-shutdown' });
  fake.hangUp();
  assert.deepEqual(await Promise.all(answers), ['QMP_CLOSED', 'QMP_CLOSED']);
  const end = await monitor.closed;
  assert.deepEqual(end, { by: 'peer', error: null, shutdown: { guest: true, reason: 'guest-shutdown' } });
  await assert.rejects(monitor.execute('query-status'), { code: 'QMP_CLOSED' });
});

test('a peer that talks nonsense ends the connection and not the process', async () => {
  const monitor = await connectMonitor(fake.path);
  const answer = assert.rejects(monitor.execute('query-status'), { code: 'QMP_CLOSED' });
  fake.write('Segmentation fault\n');
  const { by, error } = await monitor.closed;
  assert.equal(by, 'us');
  assert.match(String(error), /no JSON: Segmentation fault/);
  await answer;
});

test('a kept monitor comes back after a lost connection, and ends when QEMU is gone', async () => {
  let alive = true;
  let connected = 0;
  const ends: (MonitorEnd | null)[] = [];
  const keeper = keepMonitor({
    socketPath: fake.path,
    isAlive: async () => alive,
    onConnected: () => connected++,
    onGone: (end) => ends.push(end),
  });
  await until(() => connected === 1);
  fake.hangUp();
  await until(() => connected === 2);
  assert.ok(keeper.current() !== null);
  alive = false;
  fake.event('SHUTDOWN', { guest: false, reason: 'host-signal' });
  fake.hangUp();
  await until(() => ends.length === 1);
  assert.deepEqual(ends[0]?.shutdown, { guest: false, reason: 'host-signal' });
  assert.equal(keeper.current(), null);
  await keeper.stop();
  assert.equal(fake.connections, 2);
});

test('a balloon that says what cannot be says nothing', async () => {
  const monitor = await connectMonitor(fake.path);
  for (const [actual, wanted] of [
    [512 * MIB, 512],
    [100 * MIB, 100],
    [513 * MIB, null],
    [-17_591_649_173_504, null],
    ['much', null],
  ] as const) {
    const asked = queryBalloon(monitor, 512);
    fake.reply(await fake.next('query-balloon'), { actual });
    assert.equal(await asked, wanted);
  }
  monitor.close();
});

test('a QEMU that lets the daemon in and hangs up each time is tried ever more seldom', async () => {
  const waits: number[] = [];
  const keeper = keepMonitor({
    socketPath: fake.path,
    isAlive: async () => true,
    onConnected: () => fake.hangUp(),
    onGone: () => {},
    onTrouble: (_error, nextTryMs) => waits.push(nextTryMs),
  });
  await until(() => waits.length === 4);
  await keeper.stop();
  assert.deepEqual(waits, [20, 50, 100, 250]);
});

test('a QEMU that ends as it said is no trouble; one that hangs up without a word is, and says how', async () => {
  const troubles: unknown[] = [];
  let asked = 0;
  let connected = 0;
  let gone = 0;
  const keeper = keepMonitor({
    socketPath: fake.path,
    // It closes its monitor, takes its socket away, and is there a moment longer.
    isAlive: async () => ++asked < 5,
    onConnected: () => connected++,
    onGone: () => gone++,
    onTrouble: (error) => troubles.push(error),
  });
  await until(() => connected === 1);
  fake.hangUp();
  await until(() => connected === 2);
  assert.deepEqual(troubles.map(explainError), ['QEMU has closed it']);
  fake.event('SHUTDOWN', { guest: true, reason: 'guest-shutdown' });
  await fake.close();
  await until(() => gone === 1);
  assert.equal(troubles.length, 1);
  await keeper.stop();
});

test('a QEMU that says that it ends, and stays, is told of all the same', async (t) => {
  const troubles: number[] = [];
  let connected = 0;
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const keeper = keepMonitor({
    socketPath: fake.path,
    isAlive: async () => true,
    onConnected: () => connected++,
    onGone: () => {},
    onTrouble: (_error, nextTryMs) => troubles.push(nextTryMs),
  });
  await until(() => connected === 1);
  fake.event('SHUTDOWN', { guest: true, reason: 'guest-shutdown' });
  await fake.close();
  await until(() => {
    t.mock.timers.tick(5_000);
    return troubles.length === 2;
  });
  assert.deepEqual(troubles, [5_000, 5_000]);
  const stopped = keeper.stop();
  t.mock.timers.tick(5_000);
  await stopped;
});

test('a kept monitor that is stopped tells nobody that QEMU is gone', async () => {
  let gone = 0;
  let connected = 0;
  const keeper = keepMonitor({
    socketPath: fake.path,
    isAlive: async () => true,
    onConnected: () => connected++,
    onGone: () => gone++,
  });
  await until(() => connected === 1);
  await keeper.stop();
  assert.equal(gone, 0);
});

test('the agent is synchronised past what an earlier client left, then asked', async () => {
  fake.greet = false;
  const asked = connectAgent(fake.path).then((agent) => agent.shutdown().finally(() => agent.close()));
  const { arguments: sent } = (await fake.next('guest-sync-delimited')) as { arguments?: Record<string, unknown> };
  fake.write('{"return": {"left": "by another"}}\n{"ret');
  fake.write(Buffer.concat([Buffer.of(0xff), Buffer.from(`${JSON.stringify({ return: sent?.id })}\n`)]));
  await asked;
  assert.deepEqual((await fake.next('guest-shutdown')).arguments, { mode: 'powerdown' });
});

test('an agent that answers another number, nonsense or nothing is no agent', async () => {
  fake.greet = false;
  const wrong = connectAgent(fake.path, { timeoutMs: 50 });
  await fake.next('guest-sync-delimited');
  fake.write(Buffer.concat([Buffer.of(0xff), Buffer.from('{"return": -1}\n')]));
  await assert.rejects(wrong, { code: 'TIMED_OUT' });
  const nonsense = connectAgent(fake.path, { timeoutMs: 5_000 });
  await fake.next('guest-sync-delimited');
  fake.write(Buffer.concat([Buffer.of(0xff), Buffer.from('login:\n')]));
  await assert.rejects(nonsense, { code: 'QMP_FAILED' });
});

async function roundTrip(monitor: Awaited<ReturnType<typeof connectMonitor>>): Promise<void> {
  const answer = monitor.execute('query-version');
  fake.reply(await fake.next('query-version'));
  await answer;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, 'it never came');
    await setImmediate();
  }
}
