import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { connect, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { rawRequest, sendRaw } from '../../test/support/raw-request.ts';
import { createDoor, type DoorOptions, hangUp } from './door.ts';
import { CLIENT_LIMITS } from './request-limits.ts';

const JSON_TYPE = 'Content-Type: application/json';

/** A daemon whose one route says what it was given. */
async function openDoor(t: TestContext, options: Partial<DoorOptions> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'lodge-door-'));
  const path = join(directory, 's');
  const seen: string[] = [];
  const server = createDoor({
    fetch: async (request) => {
      seen.push(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`);
      return Response.json({ type: request.headers.get('content-type') });
    },
    upgrade: (_request, stream) => hangUp(stream, new Error('an upgrade')),
    ...options,
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
  });
  return { path, seen };
}

/** A connection of which nothing has come yet. */
async function connected(t: TestContext, path: string): Promise<Socket> {
  const socket = connect(path);
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

test('what is no request of ours is refused with a code of ours, and no route sees it', async (t) => {
  const { path, seen } = await openDoor(t);
  const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
  const many = `[${'1,'.repeat(30_000)}1]`;
  const upgraded = (target: string) =>
    rawRequest('GET', target, null, ['Upgrade: lodge-stream']).replace('Connection: close', 'Connection: Upgrade');
  const refused: [string, string, number, string][] = [
    ['a % that stands for nothing', rawRequest('GET', '/v1/guests/%zz', null), 400, 'USAGE'],
    ['the same in an upgrade', upgraded('/v1/guests/%zz/console'), 400, 'USAGE'],
    ['half a character', rawRequest('GET', '/v1/guests/%c3', null), 400, 'USAGE'],
    ['a backslash', rawRequest('GET', '/v1/a\\b', null), 400, 'USAGE'],
    ['a whole URL', rawRequest('GET', 'http://other/v1/daemon', null), 400, 'USAGE'],
    ['a star', rawRequest('OPTIONS', '*', null), 400, 'USAGE'],
    ['CONNECT', rawRequest('CONNECT', 'other:22', null), 400, 'USAGE'],
    ['no HTTP', '\0\0\0\r\n\r\n', 400, 'USAGE'],
    ['two lengths', rawRequest('POST', '/v1/guests', '{}', ['Content-Length: 5']), 400, 'USAGE'],
    ['a length and chunks', rawRequest('POST', '/', '{}', ['Transfer-Encoding: chunked']), 400, 'USAGE'],
    ['an expectation', rawRequest('POST', '/', '{}', ['Expect: wonders']), 400, 'USAGE'],
    ['a head of 100 kB', rawRequest('GET', '/', null, [`X: ${'a'.repeat(100_000)}`]), 413, 'REQUEST_TOO_LARGE'],
    ['20,000 levels', rawRequest('POST', '/v1/guests', deep, [JSON_TYPE]), 400, 'USAGE'],
    ['30,000 values', rawRequest('POST', '/v1/guests', many, [JSON_TYPE]), 400, 'USAGE'],
  ];
  for (const [what, bytes, status, code] of refused) {
    const answer = await sendRaw(path, bytes);
    assert.deepEqual([what, answer.status, answer.code], [what, status, code], answer.text);
  }
  assert.deepEqual(seen, []);
});

test('a body that is said, or turns out, to be too large is refused before it is read', async (t) => {
  const { path, seen } = await openDoor(t);
  const piece = Buffer.alloc(1024 * 1024, 'a');
  const chunk = Buffer.concat([Buffer.from('100000\r\n'), piece, Buffer.from('\r\n')]);
  const head = (method: string, line: string) => `${method} /v1/guests HTTP/1.1\r\nHost: lodge\r\n${line}\r\n\r\n`;
  for (const method of ['POST', 'PATCH', 'GET', 'DELETE']) {
    const claimed = await sendRaw(path, head(method, 'Content-Length: 629145600'), {
      repeat: { chunk: piece, times: 64 },
    });
    assert.deepEqual([claimed.status, claimed.code], [413, 'REQUEST_TOO_LARGE']);
    const chunked = await sendRaw(path, head(method, 'Transfer-Encoding: chunked'), { repeat: { chunk, times: 64 } });
    assert.deepEqual([chunked.status, chunked.code], [413, 'REQUEST_TOO_LARGE']);
  }
  assert.deepEqual(seen, []);
});

test('no body is an empty one, and every body is JSON whatever it calls itself, so that the schema sees it', async (t) => {
  const { path, seen } = await openDoor(t);
  for (const headers of [[], ['Content-Type: text/plain'], [JSON_TYPE, JSON_TYPE], ['Content-Type: ;;;']]) {
    for (const body of [null, '', '{"a":1}']) {
      const answer = await sendRaw(path, rawRequest('POST', '/x', body, headers));
      assert.match(answer.text, /\{"type":"application\/json"\}/);
    }
  }
  assert.deepEqual(new Set(seen), new Set(['POST /x {}', 'POST /x {"a":1}']));
  // Whoever it is called as, and by nobody's name at all.
  for (const host of ['', 'Host: \r\n', 'Host: a b/c\r\n']) {
    const request = rawRequest('GET', '/x', null).replace('Host: lodge\r\n', host);
    assert.equal((await sendRaw(path, request)).status, 200);
  }
});

test('whoever does not come to the end of his request is hung up on', async (t) => {
  const client = { ...CLIENT_LIMITS, headersTimeout: 50, requestTimeout: 100, connectionsCheckingInterval: 10 };
  const { path } = await openDoor(t, { client });
  for (const begun of ['', 'GET / HT', 'GET / HTTP/1.1\r\nA: b\r\n', 'POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n{']) {
    const answer = await sendRaw(path, begun);
    assert.deepEqual([begun, answer.status, answer.code], [begun, 408, 'REQUEST_UNFINISHED']);
  }
});

test('connections beyond the number that is served are told so, and beyond that they are closed', async (t) => {
  const { path } = await openDoor(t, { connections: { served: 3, open: 5 } });
  const request = rawRequest('GET', '/x', null);
  const idle = [];
  for (let count = 0; count < 3; count += 1) idle.push(await connected(t, path));
  const told = await sendRaw(path, request);
  assert.deepEqual([told.status, told.code], [429, 'TOO_BUSY']);
  // The daemon hears a little later that the one that was told has gone: until then there is room for one less.
  while ((await sendRaw(path, request)).status !== 0) idle.push(await connected(t, path));
  assert.ok(idle.length >= 4 && idle.length <= 6, `${idle.length} idle connections`);
  const closed = idle.map((socket) => once(socket, 'close'));
  for (const socket of idle) socket.destroy();
  await Promise.all(closed);
  let answer = await sendRaw(path, request);
  // The daemon hears of each of their ends by itself.
  while (answer.status !== 200) answer = await sendRaw(path, request);
});

test('what all bodies together may have is bounded too, and free again afterwards', async (t) => {
  const { path } = await openDoor(t);
  const large = 4 * 1024 * 1024;
  const held: Socket[] = [];
  const refused: string[] = [];
  for (let count = 0; count < 12; count += 1) {
    const socket = await connected(t, path);
    socket.on('data', (bytes) => refused.push(/"code":"(\w+)"/.exec(bytes.toString())?.[1] ?? ''));
    const flushed = new Promise<void>((resolve) => {
      // All but the last byte of it.
      socket.write(`POST /x HTTP/1.1\r\nContent-Length: ${large}\r\n\r\n`);
      socket.write(Buffer.alloc(large - 1, ' '), () => resolve());
    });
    held.push(socket);
    await Promise.race([flushed, once(socket, 'close')]);
  }
  while (refused.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(new Set(refused), new Set(['TOO_BUSY']));
  for (const socket of held) socket.destroy();
  let answer = await sendRaw(path, rawRequest('POST', '/x', `"${' '.repeat(large - 3)}"`));
  while (answer.status !== 200) answer = await sendRaw(path, rawRequest('POST', '/x', `"${' '.repeat(large - 3)}"`));
});

test('a route is told by which connection a request came', async (t) => {
  let incoming: unknown;
  const { path } = await openDoor(t, {
    fetch: (_request, connection) => {
      incoming = connection.incoming;
      return Response.json({});
    },
  });
  const socket = await connected(t, path);
  socket.write('GET / HTTP/1.1\r\nHost: lodge\r\nConnection: close\r\n\r\n');
  await once(socket, 'data');
  assert.ok((incoming as IncomingMessage).socket instanceof Socket);
});
