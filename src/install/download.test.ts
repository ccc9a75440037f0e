import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { explainError } from '../base/errors.ts';
import { KIB, MIB } from '../base/size.ts';
import { downloadFile } from './download.ts';

const directory = mkdtempSync(join(tmpdir(), 'lodge-download-'));
const path = join(directory, 'file');
const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
  rmSync(directory, { recursive: true });
});

/** A server that says what it likes on the connection, HTTP or not. @returns its URL */
async function serve(speak: (socket: Socket, asked: string) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (bytes) => speak(socket, String(bytes)));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Patience {
  stallMs?: number;
  maxBytes?: number;
}

/** What a download ends with: its bytes, or the error in words. */
async function take(url: string, patience: Patience = {}, details: string[] = []): Promise<string> {
  rmSync(path, { force: true });
  const signal = new AbortController().signal;
  const onProgress = (detail: string) => void details.push(detail);
  return downloadFile({ url, path, onProgress, signal, ...patience }).then(
    () => readFileSync(path, 'latin1'),
    (error: unknown) => {
      assert.equal((error as { code: string }).code, 'DOWNLOAD_FAILED', explainError(error));
      return explainError(error).replace(`${url} could not be downloaded: `, '');
    },
  );
}

/** Writes for as long as it is taken, each piece after the one before. */
function pour(socket: Socket, piece: () => Buffer | string): void {
  while (socket.writable) if (!socket.write(piece())) return void socket.once('drain', () => pour(socket, piece));
}

/** A little now and then, for as long as somebody listens. */
function drip(socket: Socket, text: string, everyMs: number): void {
  const timer = setInterval(() => socket.write(text), everyMs);
  socket.once('close', () => clearInterval(timer));
}

const OK = 'HTTP/1.1 200 OK\r\n';

test('a body without an end is left at the most that may be taken, and one that says so before its first byte', async () => {
  const endless = await serve((socket) => {
    socket.write(`${OK}\r\n`);
    pour(socket, () => Buffer.alloc(64 * KIB));
  });
  const details: string[] = [];
  assert.equal(await take(endless, { maxBytes: 4 * MIB }, details), 'more came, and at most 4MiB are taken');
  assert.ok(statSync(path).size <= 4 * MIB);
  assert.match(details[0] ?? '', /^downloading, .*, the server does not say of how much$/);
  const chunked = await serve((socket) => {
    socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n`);
    pour(socket, () => `10000\r\n${'x'.repeat(65_536)}\r\n`);
  });
  assert.equal(await take(chunked, { maxBytes: 4 * MIB }), 'more came, and at most 4MiB are taken');
  const told = await serve((socket) => socket.write(`${OK}Content-Length: 4194305\r\n\r\n`));
  assert.equal(await take(told, { maxBytes: 4 * MIB }), 'it has 4MiB, and at most 4MiB are taken');
});

test('a size beyond any disk is refused for its room before its first byte', async () => {
  const url = await serve((socket) => socket.write(`${OK}Content-Length: 200000000000000\r\n\r\n`));
  rmSync(path, { force: true });
  const download = { url, path, onProgress: () => {}, signal: new AbortController().signal, maxBytes: 2 ** 60 };
  await assert.rejects(downloadFile(download), { code: 'DISK_FULL', message: /it takes 181.9TiB twice/ });
});

test('a server that sends a byte now and then is given up, in its head, its body and its redirects', async () => {
  const slowHead = await serve((socket) => {
    socket.write(OK);
    drip(socket, 'X: y\r\n', 5);
  });
  const slowBody = await serve((socket) => {
    socket.write(`${OK}Content-Length: 100000\r\n\r\nx`);
    drip(socket, 'x', 5);
  });
  const silent = await serve(() => {});
  const quiet = await serve((socket) => socket.write(`${OK}Content-Length: 5\r\n\r\n`));
  const stallMs = 300;
  assert.equal(await take(slowHead, { stallMs }), 'nothing came for 0.3 s');
  assert.match(await take(slowBody, { stallMs }), /^only \d+B came in 0\.3 s$/);
  assert.equal(await take(silent, { stallMs }), 'nothing came for 0.3 s');
  assert.equal(await take(quiet, { stallMs }), 'nothing came for 0.3 s');
});

test('what comes in time is taken whole, however many times the limit it takes', async () => {
  const url = await serve((socket) => {
    socket.write(`${OK}Content-Length: ${7 * 70_000}\r\n\r\n`);
    let sent = 0;
    const timer = setInterval(() => {
      socket.write('y'.repeat(70_000));
      sent += 1;
      if (sent === 7) clearInterval(timer);
    }, 450);
  });
  assert.equal((await take(url, { stallMs: 2500 })).length, 7 * 70_000);
});

test('of more bytes than the server told its length is taken, and fewer are no download', async () => {
  const more = await serve((socket) =>
    socket.end(`${OK}Content-Length: 3\r\n\r\nabcdefgh\r\nHTTP/1.1 200 OK\r\n\r\nx`),
  );
  assert.equal(await take(more), 'abc');
  const fewer = await serve((socket) => socket.end(`${OK}Content-Length: 10\r\n\r\nabc`));
  assert.equal(await take(fewer), 'the connection was broken off');
  const torn = await serve((socket) => socket.end(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n`));
  assert.equal(await take(torn), 'the connection was broken off');
  for (const broken of ['zz\r\nabc', '5\r\nabcdefgh\r\n', `5;${'e'.repeat(40_000)}\r\nabcde\r\n0\r\n\r\n`]) {
    const url = await serve((socket) => socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n${broken}`));
    assert.doesNotMatch(await take(url, { stallMs: 2000 }), /^abcde|nothing came/, broken.slice(0, 20));
  }
  const both = await serve((socket) =>
    socket.end(`${OK}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n`),
  );
  assert.match(await take(both), /Parse Error/);
});

test('redirects end: in a circle, to a file, to nothing', async () => {
  const leadsTo = (where: string) =>
    serve((socket) => socket.end(`HTTP/1.1 302 Found\r\nLocation: ${where}\r\nContent-Length: 0\r\n\r\n`));
  assert.equal(await take(await leadsTo('/again')), 'more than 20 redirects');
  for (const [where, why] of [
    ['file:///etc/shadow', 'it leads to file:'],
    ['ftp://127.0.0.1/disk', 'it leads to ftp:'],
    ['data:,disk', 'it leads to data:'],
    ['javascript:1', 'it leads to javascript:'],
    ['unix:/run/lodge/lodge.sock', 'it leads to unix:'],
    ['http://[', 'it leads to what is no URL'],
    ['http://127.0.0.1:99999/', 'it leads to what is no URL'],
  ] as const) {
    assert.equal(await take(await leadsTo(where)), why, where);
  }
});

test('a head without an end is refused, whatever it is made of', async () => {
  const long = await serve((socket) => {
    socket.write(OK);
    pour(socket, () => `X-${'y'.repeat(1000)}: z\r\n`);
  });
  const head = 'the head of its answer is longer than any that is meant well';
  assert.equal(await take(long), head);
  const oneLine = await serve((socket) => {
    socket.write(`${OK}X: `);
    pour(socket, () => 'y'.repeat(1000));
  });
  assert.equal(await take(oneLine), head);
  const trailers = await serve((socket) => {
    socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n`);
    pour(socket, () => `X-${'y'.repeat(1000)}: z\r\n`);
  });
  assert.notEqual(await take(trailers, { stallMs: 2000 }), '');
  const informing = await serve((socket) => pour(socket, () => 'HTTP/1.1 103 Early Hints\r\n\r\n'));
  assert.equal(await take(informing), 'it says that it is about to answer, and never does');
  const once = await serve((socket) => socket.end(`HTTP/1.1 103 Early Hints\r\n\r\n${OK}Content-Length: 2\r\n\r\nhi`));
  assert.equal(await take(once), 'hi');
});

test('what is packed stays packed: a bomb is as large as what came', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * MIB));
  const url = await serve((socket) => {
    socket.write(`${OK}Content-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`);
    socket.end(bomb);
  });
  assert.equal((await take(url)).length, bomb.length);
  assert.ok(existsSync(path));
});

test('what is no HTTP is told as that, and so is what breaks off', async () => {
  for (const words of ['SSH-2.0-OpenSSH_9.2\r\n', '\0\0\0\0', 'HTTP/9.9 200 OK\r\n\r\n', 'HTTP/1.1 999999 x\r\n\r\n']) {
    const url = await serve((socket) => socket.end(words));
    assert.match(await take(url), /Parse Error/, words);
  }
  const closing = await serve((socket) => socket.destroy());
  assert.match(await take(closing), /broken off|socket hang up/);
});
