import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isLodgeError } from '../base/errors.ts';
import { type ApiClient, connectSocket, createApiClient } from './client.ts';
import { decodeChunks, parseHead, splitLines } from './client-wire.ts';

/** A server that reads one request's head and then says what the test gives it, byte by byte as it is cut. */
async function withServer(pieces: (string | Buffer)[], act: (client: ApiClient, seen: string[]) => Promise<void>) {
  const directory = mkdtempSync(join(tmpdir(), 'lodge-wire-'));
  const path = join(directory, 's');
  const seen: string[] = [];
  const server = createServer((socket: Socket) => {
    socket.once('data', async (chunk) => {
      seen.push(chunk.toString());
      for (const piece of pieces) {
        await new Promise((resolve) => socket.write(piece, resolve));
        await new Promise(setImmediate);
      }
      socket.end();
    });
  });
  server.listen(path);
  await once(server, 'listening');
  try {
    await act(
      createApiClient(() => connectSocket(path)),
      seen,
    );
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
}

async function* bytes(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

async function collect(source: AsyncIterable<Buffer | string>): Promise<string[]> {
  const parts: string[] = [];
  for await (const part of source) parts.push(part.toString());
  return parts;
}

const isUnreachable = (error: unknown) => isLodgeError(error, 'DAEMON_UNREACHABLE');

test('a request carries its body, and the answer may come in any pieces', async () => {
  const pieces = ['HTTP/1.1 20', '0 OK\r\nContent-Length: 9\r', '\n\r\n{"a"', ':"ü"}'];
  await withServer(pieces, async (client, seen) => {
    assert.deepEqual(await client.request('POST', '/v1/x', { b: 'ö' }), { a: 'ü' });
    assert.match(seen[0] ?? '', /^POST \/v1\/x HTTP\/1\.1\r\nHost: lodge\r\n/);
    assert.match(seen[0] ?? '', /\r\nContent-Length: 10\r\n\r\n\{"b":"ö"\}$/);
  });
});

test('chunks are put together wherever they are cut', async () => {
  const whole = '5\r\nhello\r\n7;ext=1\r\n, world\r\n0\r\n\r\n';
  for (let cut = 1; cut < whole.length; cut++) {
    const parts = await collect(decodeChunks(bytes(whole.slice(0, cut), whole.slice(cut))));
    assert.equal(parts.join(''), 'hello, world');
  }
});

test('a body that ends before its last chunk is a broken connection', async () => {
  await assert.rejects(collect(decodeChunks(bytes('5\r\nhello\r\n'))), isUnreachable);
  await withServer(['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a"'], async (client) => {
    await assert.rejects(client.request('GET', '/'), isUnreachable);
  });
  await withServer(['HTTP/1.1 200'], async (client) => {
    await assert.rejects(client.request('GET', '/'), isUnreachable);
  });
});

test('something that is not HTTP is told apart', async () => {
  assert.equal(parseHead('SSH-2.0-OpenSSH_9.2'), undefined);
  await withServer(['SSH-2.0-OpenSSH_9.2\r\n\r\n'], async (client) => {
    await assert.rejects(client.request('GET', '/'), isUnreachable);
  });
});

test('lines keep characters whole that lie on a border', async () => {
  const [ue] = [Buffer.from('ü')];
  async function* cut() {
    yield Buffer.concat([Buffer.from('a'), ue.subarray(0, 1)]);
    yield Buffer.concat([ue.subarray(1), Buffer.from('\nb\n')]);
    yield Buffer.from('c');
  }
  assert.deepEqual(await collect(splitLines(cut())), ['aü', 'b', 'c']);
});

test('values come one a line as they come', async () => {
  const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  await withServer(
    [head, '8\r\n{"n":1}\n\r\n', 'c\r\n{"n":2}\n{"n"\r\n', '4\r\n:3}\n\r\n0\r\n\r\n'],
    async (client) => {
      const values: unknown[] = [];
      for await (const value of client.values('/')) values.push(value);
      assert.deepEqual(values, [{ n: 1 }, { n: 2 }, { n: 3 }]);
    },
  );
});

test('a question that a dying daemon left unread is asked again, a request to do something is not', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lodge-wire-'));
  const path = join(directory, 's');
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    if (connections % 2 === 1) return socket.destroy();
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
  });
  server.listen(path);
  await once(server, 'listening');
  try {
    const client = createApiClient(() => connectSocket(path));
    assert.deepEqual(await client.request('GET', '/'), {});
    await assert.rejects(client.request('POST', '/'), isUnreachable);
    assert.equal(connections, 3);
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
});

test('a daemon that is killed: a question is put again, a command in a guest looked for, an operation goes on', async () => {
  const hintOf = async (act: (client: ApiClient) => Promise<unknown>, pieces: string[]) => {
    let hint: string | undefined;
    await withServer(pieces, (client) =>
      assert.rejects(act(client), (error) => {
        assert.ok(isLodgeError(error, 'DAEMON_UNREACHABLE'));
        hint = error.hint;
        return true;
      }),
    );
    return hint;
  };
  const begun = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n';
  const events = async (client: ApiClient) => {
    for await (const _event of client.values('/v1/events'));
  };
  assert.equal(await hintOf(events, [begun]), 'run it again');
  assert.equal(await hintOf(events, []), 'run it again');
  assert.match((await hintOf((client) => client.upgrade('/exec', {}), [])) ?? '', /^whether the command in the guest/);
  for (const pieces of [[], [begun]])
    assert.match((await hintOf((client) => client.request('POST', '/'), pieces)) ?? '', /^lodge operation ls: /);
});

test('an error of the API comes as the error it was', async () => {
  const body = JSON.stringify({ error: { code: 'GUEST_NOT_FOUND', message: 'there is no guest x', hint: 'lodge ls' } });
  await withServer([`HTTP/1.1 404 Not Found\r\nContent-Length: ${body.length}\r\n\r\n${body}`], async (client) => {
    await assert.rejects(client.request('GET', '/'), (error) => {
      assert.ok(isLodgeError(error, 'GUEST_NOT_FOUND'));
      assert.deepEqual([error.message, error.hint, error.exitCode], ['there is no guest x', 'lodge ls', 3]);
      return true;
    });
  });
});

test('an upgraded stream begins with what came behind its head', async () => {
  await withServer(
    ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: lodge-stream\r\n\r\nfirst ', 'second'],
    async (client) => {
      const { stream, headers } = await client.upgrade('/');
      assert.equal((await collect(stream)).join(''), 'first second');
      assert.equal(headers.get('upgrade'), 'lodge-stream');
    },
  );
});
