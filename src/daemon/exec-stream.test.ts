import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { FakeExecGuest } from '../../test/support/fake-exec-guest.ts';
import { connectSocket, createApiClient } from '../api/client.ts';
import { encodeFrames, FRAME, type FrameKind, FrameReader, INPUT_CREDIT_BYTES } from '../api/exec-frames.ts';
import { routes } from '../api/routes.ts';
import { MIB } from '../base/size.ts';
import type { Services } from './services.ts';
import { handleUpgrade } from './upgrade.ts';

let guest: FakeExecGuest;
let server: Server;
let socketPath: string;

beforeEach(async () => {
  guest = await FakeExecGuest.open();
  socketPath = join(guest.root, 'd.sock');
  const services = { guests: guest.deps, lanes: guest.deps.lanes } as unknown as Services;
  server = createServer();
  server.on('upgrade', (request, stream, first) => void handleUpgrade(services, request, stream, first));
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
});
afterEach(async () => {
  server.close();
  await guest[Symbol.asyncDispose]();
});

const upgrade = (body: unknown) =>
  createApiClient(() => connectSocket(socketPath)).upgrade(routes.guestExec('web1'), body);

/** A command that runs, as the two ends see it: the caller's connection, and the token of the guest's script. */
async function begin(body: unknown): Promise<{ stream: Socket; token: string }> {
  const upgraded = upgrade(body);
  const [, token = ''] = await guest.scriptWords();
  (await guest.port('out')).write(`${token}\n`);
  return { stream: (await upgraded).stream, token };
}

function send(stream: Socket, kind: FrameKind, payload: Uint8Array): void {
  for (const bytes of encodeFrames(kind, payload)) stream.write(bytes);
}

async function readAll(stream: Socket): Promise<Map<FrameKind, Buffer>> {
  const got = new Map<FrameKind, Buffer>();
  const reader = new FrameReader();
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    for (const { kind, payload } of reader.push(chunk)) {
      got.set(kind, Buffer.concat([got.get(kind) ?? Buffer.alloc(0), payload]));
    }
  }
  return got;
}

test('streams and the end cross the connection apart, and input is given back as credit', async () => {
  const { stream, token } = await begin({ command: ['cat'], stdin: true });
  send(stream, FRAME.stdin, Buffer.from([0, 255, 10]));
  send(stream, FRAME.stdinEnd, Buffer.alloc(0));
  const input = await guest.port('in');
  const read: Buffer[] = [];
  input.on('data', (chunk) => read.push(chunk));
  await once(input, 'end');
  assert.deepEqual(Buffer.concat(read), Buffer.from([0, 255, 10]));
  (await guest.port('out')).write(`output${token}3\n`);
  (await guest.port('err')).write(`errors${token}3\n`);
  const got = await readAll(stream);
  assert.equal(got.get(FRAME.stdout)?.toString(), 'output');
  assert.equal(got.get(FRAME.stderr)?.toString(), 'errors');
  assert.equal(got.get(FRAME.taken)?.readUInt32BE(), 3);
  assert.deepEqual(JSON.parse(got.get(FRAME.end)?.toString() ?? ''), { exitCode: 3 });
});

test('input that comes when the command has ended goes nowhere, and its caller reads the end', async () => {
  const { stream, token } = await begin({ command: ['true'], stdin: true });
  for (const kind of ['out', 'err'] as const) (await guest.port(kind)).write(`${token}3\n`);
  // The end is on its way before this caller has looked.
  await once(stream, 'readable');
  for (let number = 0; number < 20; number += 1) {
    send(stream, FRAME.stdin, Buffer.from('late\n'));
    await setImmediate();
  }
  send(stream, FRAME.stdinEnd, Buffer.alloc(0));
  const got = await readAll(stream);
  assert.deepEqual(JSON.parse(got.get(FRAME.end)?.toString() ?? ''), { exitCode: 3 });
});

test('what cannot begin is an answer of HTTP like any other', async () => {
  await assert.rejects(upgrade({ command: ['true'], colour: 'red' }), { code: 'VALIDATION_FAILED' });
  await assert.rejects(upgrade({ command: [] }), { code: 'VALIDATION_FAILED' });
  guest.phase = 'stopped';
  await assert.rejects(upgrade({ command: ['true'] }), { code: 'STATE_REFUSED' });
});

const WRONG: Record<string, (stream: Socket) => void> = {
  'breaks the frames': (stream) => stream.write(Buffer.alloc(100, 0xff)),
  'sends what only the daemon sends': (stream) => send(stream, FRAME.end, Buffer.from('{}')),
  'sends a signal that there is not': (stream) => send(stream, FRAME.signal, Buffer.from('STOP; reboot')),
  // The guest does not read its input, so nothing is given back.
  'sends more than its credit': (stream) => send(stream, FRAME.stdin, Buffer.alloc(16 * INPUT_CREDIT_BYTES)),
  'is gone': (stream) => void stream.destroy(),
  'ends its own side': (stream) => void stream.end(),
};

for (const [what, act] of Object.entries(WRONG)) {
  test(`a caller that ${what} ends its command`, async () => {
    const { stream, token } = await begin({ command: ['sleep', '1000'], stdin: true });
    const hungUp = new Promise<void>((resolve) => {
      guest.onAgent('guest-exec', ({ arguments: { arg } }, socket) => {
        socket.write('{"return":{"pid":4243}}\n');
        if ((arg as string[]).includes('HUP')) resolve();
      });
    });
    act(stream);
    await hungUp;
    for (const kind of ['out', 'err'] as const) (await guest.port(kind)).write(`${token}129\n`);
  });
}

test('a caller that does not read keeps the guest waiting, and the daemon keeps little', async () => {
  const { stream } = await begin({ command: ['yes'] });
  stream.pause();
  const output = await guest.port('out');
  let written = 0;
  while (output.writableLength < MIB && written < 64 * MIB) {
    output.write(Buffer.alloc(64 * 1024, 'y'));
    written += 64 * 1024;
    await setImmediate();
  }
  assert.ok(written < 8 * MIB, `${written} bytes were taken for a caller that does not read`);
  stream.destroy();
});
