import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { KIB, MIB } from '../../base/size.ts';
import { ConsoleHub, readReplay } from './console-hub.ts';

test('what a viewer who joins sees of before begins with a line', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lodge-replay-'));
  try {
    const log = join(directory, 'serial.log');
    assert.equal((await readReplay(log)).length, 0);
    await writeFile(log, 'all of it\r\nlogin: ');
    assert.equal(String(await readReplay(log)), 'all of it\r\nlogin: ');
    const line = `\x1b[0;1;39m${'x'.repeat(70)}\x1b[0m\r\n`;
    await writeFile(log, `${line.repeat(100)}login: `);
    const replay = String(await readReplay(log));
    assert.ok(replay.startsWith(line), JSON.stringify(replay.slice(0, 40)));
    assert.ok(replay.length > 4096 - line.length && replay.length <= 4096);
    assert.ok(replay.endsWith('login: '));
    await writeFile(log, `${'y'.repeat(100)}\n${'x'.repeat(4095)}\n`);
    assert.equal((await readReplay(log)).length, 4096);
  } finally {
    await rm(directory, { recursive: true });
  }
});

/** A serial port as QEMU offers it, and a hub that shares it. */
async function openPort(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'lodge-hub-'));
  const path = join(directory, 'serial.sock');
  const server = createServer({ pauseOnConnect: true });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const guest = once(server, 'connection') as Promise<[Socket]>;
  const hub = new ConsoleHub();
  t.after(async () => {
    hub.close();
    server.close();
    await rm(directory, { recursive: true });
  });
  return { guest, view: (viewer: Duplex) => hub.join(path, join(directory, 'no.log'), viewer, () => '') };
}

/** Comes to rest: a count that has not changed for many turns of the loop. */
async function atRest(count: () => number): Promise<number> {
  let last = -1;
  for (let still = 0; still < 200; still = count() === last ? still + 1 : 0) {
    last = count();
    await nextTurn();
  }
  return last;
}

const LARGE = 64 * MIB;

test('what is typed into a guest that does not read waits at the one who types, and is not lost', async (t) => {
  const { guest, view } = await openPort(t);
  let typed = 0;
  const chunk = Buffer.alloc(64 * KIB, 'x');
  const typist = new Duplex({
    read() {
      if (typed >= LARGE) return void this.push(null);
      typed += chunk.length;
      this.push(chunk);
    },
    write: (_chunk, _encoding, done) => done(),
  });
  await view(typist);
  const [port] = await guest;
  const taken = await atRest(() => typed);
  assert.ok(taken < 4 * MIB, `${taken} bytes were taken from him`);
  let read = 0;
  const all = Promise.withResolvers<void>();
  port.on('data', (data) => {
    read += data.length;
    if (read === LARGE) all.resolve();
  });
  port.resume();
  await all.promise;
});

test('a viewer who does not read is dropped from, told how much, and holds up neither the guest nor the others', async (t) => {
  const { guest, view } = await openPort(t);
  let seen = 0;
  const all = Promise.withResolvers<void>();
  const quick = new Duplex({
    read() {},
    write(data: Buffer, _encoding, done) {
      seen += data.length;
      if (seen === LARGE) all.resolve();
      done();
    },
  });
  const shown: Buffer[] = [];
  const awake = Promise.withResolvers<void>();
  const sleeper = new Duplex({
    read() {},
    write(data: Buffer, _encoding, done) {
      shown.push(data);
      void awake.promise.then(() => done());
    },
  });
  await view(quick);
  await view(sleeper);
  const [port] = await guest;
  port.end(Buffer.alloc(LARGE, 0));
  await all.promise;
  assert.ok(sleeper.writableLength < MIB, `${sleeper.writableLength} bytes are kept for him`);
  awake.resolve();
  await once(sleeper, 'finish');
  const bytes = Buffer.concat(shown);
  const [, dropped] = /\[lodge: (\d+) bytes \([\d.]+MiB\) dropped/.exec(bytes.toString('latin1')) ?? [];
  assert.equal(bytes.filter((byte) => byte === 0).length + Number(dropped), LARGE);
});
