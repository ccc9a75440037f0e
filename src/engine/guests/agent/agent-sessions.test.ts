import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type AgentAsked, answerHonestly, FakeExecGuest } from '../../../../test/support/fake-exec-guest.ts';
import { guestLayoutOf } from '../../../model/layout.ts';

function call(guest: FakeExecGuest, timeoutMs?: number) {
  const { agentSocket } = guestLayoutOf(guest.deps.layout, 'web1', 'qcow2');
  const limit = timeoutMs === undefined ? {} : { timeoutMs };
  return guest.deps.agents.use({ guest: 'web1', socketPath: agentSocket, ...limit }, (agent) =>
    agent.execute('guest-get-host-name', {}, limit),
  );
}

/** Writes without end, as fast as it is read. */
function flood(socket: Socket, bytes: Buffer): void {
  const more = () => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on('drain', more);
  more();
}

const line = (value: unknown) => (_asked: AgentAsked, socket: Socket) =>
  void socket.write(`${JSON.stringify(value)}\n`);

/** What a hostile guest may do in the place of an answer. All of it ends with an error, and the next question is asked anew. */
const HOSTILE: Record<string, (asked: AgentAsked, socket: Socket) => void> = {
  'no JSON': (_asked, socket) => void socket.write('login:\n'),
  'no object': line([1, 2]),
  'no answer that is one': line({ hello: 'there' }),
  'an event': line({ event: 'STOP', data: {}, timestamp: { seconds: 1, microseconds: 2 } }),
  'a greeting': line({ QMP: { version: {}, capabilities: [] } }),
  'a line without end': (_asked, socket) => flood(socket, Buffer.alloc(64 * 1024, 'a')),
  'one line of many megabytes': (_asked, socket) => void socket.write(`{"return":"${'x'.repeat(4_000_000)}"}\n`),
  'sentinels without end': (_asked, socket) => flood(socket, Buffer.alloc(64 * 1024, 0xff)),
  'a hole in the earth of brackets': (_asked, socket) => void socket.write(`${'['.repeat(200_000)}\n`),
  'an end in the middle': (_asked, socket) => void socket.end('{"ret'),
};

for (const [what, attack] of Object.entries(HOSTILE)) {
  test(`an agent that answers with ${what} is no agent, and the next question is asked anew`, async () => {
    await using guest = await FakeExecGuest.open();
    guest.onAgent('guest-get-host-name', attack);
    await assert.rejects(call(guest), { code: 'AGENT_UNAVAILABLE' });
    guest.onAgent('guest-get-host-name', line({ return: { 'host-name': 'web1' } }));
    assert.deepEqual(await call(guest), { 'host-name': 'web1' });
  });
}

test('floods before the first answer, wrong numbers, and silence end in time', async () => {
  await using guest = await FakeExecGuest.open();
  for (const attack of [
    (_asked: AgentAsked, socket: Socket) => flood(socket, Buffer.alloc(64 * 1024, 'a')),
    (_asked: AgentAsked, socket: Socket) => flood(socket, Buffer.from('\xff{"return":1}\n'.repeat(1000), 'latin1')),
    () => {},
  ]) {
    guest.onAgent('guest-sync-delimited', attack);
    await assert.rejects(call(guest, 200), { code: 'AGENT_UNAVAILABLE', hint: /qemu-guest-agent/ });
  }
});

test('who waits for a turn behind an agent that does not answer waits no longer than his own time', async () => {
  await using guest = await FakeExecGuest.open();
  guest.onAgent('guest-sync-delimited', () => {});
  const all = [call(guest, 200), call(guest, 200), call(guest, 200)];
  for (const one of await Promise.allSettled(all)) assert.equal(one.status, 'rejected');
  // One with much more patience does not make another wait for it.
  const patient = assert.rejects(call(guest, 30_000), { code: 'AGENT_UNAVAILABLE' });
  await assert.rejects(call(guest, 200), { code: 'AGENT_UNAVAILABLE' });
  guest.endQemu();
  await patient;
});

test('a refusal in the agent’s own words leaves the channel in use', async () => {
  await using guest = await FakeExecGuest.open();
  guest.onAgent('guest-get-host-name', line({ error: { class: 'GenericError', desc: 'not today' } }));
  await assert.rejects(call(guest), {
    code: 'AGENT_REFUSED',
    message: 'the guest agent refused guest-get-host-name: not today',
  });
  guest.onAgent('guest-get-host-name', answerHonestly);
  assert.deepEqual(await call(guest), {});
});

/** Asks, and gives up before the answer: what the agent's end of the channel is then. */
async function giveUp(guest: FakeExecGuest, command: string): Promise<{ socket: Socket; closed: Promise<unknown> }> {
  const asked = Promise.withResolvers<Socket>();
  guest.onAgent(command, (_asked, socket) => asked.resolve(socket));
  await assert.rejects(call(guest, 200), { code: 'AGENT_UNAVAILABLE' });
  guest.onAgent(command, answerHonestly);
  const socket = await asked.promise;
  return { socket, closed: new Promise((resolve) => socket.once('close', resolve)) };
}

test('an agent whose answer nobody waits for finds a reader all the same, until it has answered', async () => {
  await using guest = await FakeExecGuest.open();
  const late = await giveUp(guest, 'guest-get-host-name');
  assert.equal(guest.deps.agents.debts, 1);
  late.socket.write('{"return": {"host');
  late.socket.write('-name": "web1"}}\n');
  await late.closed;
  const unheard = await giveUp(guest, 'guest-sync-delimited');
  const { id } = guest.asked.at(-1)?.arguments ?? {};
  unheard.socket.write(`{"return": {}}\n{"error": {"class": "GenericError", "desc": "stray"}}\n`);
  unheard.socket.write(Buffer.concat([Buffer.of(0xff), Buffer.from(`{"return": ${id}}\n`)]));
  await unheard.closed;
  await settled(guest);
});

test('who needs the channel next gets it, and one guest keeps one connection', async () => {
  await using guest = await FakeExecGuest.open();
  const first = await giveUp(guest, 'guest-get-host-name');
  const second = await giveUp(guest, 'guest-sync-delimited');
  await first.closed;
  assert.equal(guest.deps.agents.debts, 1);
  assert.deepEqual(await call(guest), {});
  await second.closed;
  await settled(guest);
});

test('an agent that floods who waits for nothing is left, and so is one whose QEMU ends', async () => {
  await using guest = await FakeExecGuest.open();
  const { socket, closed } = await giveUp(guest, 'guest-get-host-name');
  flood(socket, Buffer.alloc(64 * 1024, 'a'));
  await closed;
  await giveUp(guest, 'guest-get-host-name');
  guest.endQemu();
  await settled(guest);
});

test('a shutdown stays connected until QEMU has ended; an agent that did not come to it is heard', async () => {
  await using guest = await FakeExecGuest.open();
  const { agentSocket } = guestLayoutOf(guest.deps.layout, 'web1', 'qcow2');
  const asked = Promise.withResolvers<Socket>();
  guest.onAgent('guest-shutdown', (_asked, socket) => asked.resolve(socket));
  const refused = Promise.withResolvers<string>();
  const shutDown = () =>
    guest.deps.agents.use({ guest: 'web1', socketPath: agentSocket }, (agent) => agent.shutdown(refused.resolve));
  await shutDown();
  const socket = await asked.promise;
  assert.equal(guest.deps.agents.debts, 1);
  socket.write('{"error": {"class": "GenericError", "desc": "child process has failed to shutdown"}}\n');
  assert.equal(await refused.promise, ': child process has failed to shutdown');
  await once(socket, 'close');
  await shutDown();
  assert.equal(guest.deps.agents.debts, 1);
  guest.endQemu();
  await settled(guest);
});

test('a new daemon hears the agents out that it finds', async () => {
  await using guest = await FakeExecGuest.open();
  const { agentSocket } = guestLayoutOf(guest.deps.layout, 'web1', 'qcow2');
  await guest.deps.agents.takeOver('web1', agentSocket);
  assert.deepEqual(
    guest.asked.map(({ execute }) => execute),
    ['guest-sync-delimited'],
  );
  assert.equal(guest.deps.agents.debts, 0);
  await guest.deps.agents.takeOver('web1', `${agentSocket}-that-is-not-there`);
  assert.equal(guest.deps.agents.debts, 0);
});

async function settled(guest: FakeExecGuest): Promise<void> {
  while (guest.deps.agents.debts > 0) await setImmediate();
}
