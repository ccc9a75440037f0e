import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { MIB } from '../../src/base/size.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { eventually } from '../support/netns.ts';

/** A guest without a system: nothing reads its serial port. */
let lodge: LodgeInstance;
before(async () => {
  lodge = await LodgeInstance.open('lgas');
  const made = await lodge.run(['create', 'web1', '--image', 'none', '--disk', '64MiB', '--memory', '64MiB']);
  assert.equal(made.exitCode, 0, made.stderr);
});
after(() => lodge.close());

async function mostMemory(): Promise<number> {
  const text = await readFile(`/proc/${await lodge.daemonPid()}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024;
}

function ask(path: string, ...headers: string[]): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(lodge.layout.daemonSocket);
    socket.once('error', reject);
    socket.write([`GET ${path} HTTP/1.1`, 'Host: lodge', ...headers, '', ''].join('\r\n'));
    socket.once('data', (bytes) => {
      assert.match(bytes.toString('latin1'), /^HTTP\/1\.1 (101|200) /);
      socket.pause();
      const rest = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
      if (rest.length > 0) socket.unshift(rest);
      socket.off('error', reject).on('error', () => {});
      resolve(socket);
    });
  });
}

const viewConsole = () => ask('/v1/guests/web1/console', 'Connection: Upgrade', 'Upgrade: lodge-stream');

test('700 MB typed into a console wait at the one who types, and cost the daemon no memory', async () => {
  const before = await mostMemory();
  const typist = await viewConsole();
  const piece = Buffer.alloc(MIB, 'x');
  let taken = 0;
  const type = () => {
    while (taken < 700 && typist.writable) {
      taken += 1;
      if (!typist.write(piece)) return void typist.once('drain', type);
    }
  };
  type();
  // The guest does nothing meanwhile, and everybody else is answered.
  let last = -1;
  await eventually('it comes to rest', async () => {
    const isStill = taken === last;
    last = taken;
    for (let asked = 0; asked < 20; asked += 1) assert.notEqual(await lodge.daemonPid(), null);
    return isStill || null;
  });
  assert.ok(taken < 700, 'all of it was taken');
  const grown = (await mostMemory()) - before;
  assert.ok(grown < 32 * MIB, `the daemon took ${grown} bytes for it`);
  typist.destroy();
});

test('listeners who do not read events cost the daemon no memory, and those who do get theirs', async () => {
  const sleepers = await Promise.all(Array.from({ length: 20 }, () => ask('/v1/events')));
  const before = await mostMemory();
  for (let round = 0; round < 5; round += 1) {
    for (const words of [
      ['stop', 'web1', '--timeout', '0s'],
      ['start', 'web1'],
    ]) {
      const { exitCode, stderr } = await lodge.run(words);
      assert.equal(exitCode, 0, stderr);
    }
  }
  const reader = await ask('/v1/events?since=0');
  let text = '';
  reader.on('data', (bytes) => {
    text += bytes.toString('utf8');
  });
  reader.resume();
  await eventually('the reader has all of it', () => (text.match(/"phase":"running"/g) ?? []).length >= 6 || null);
  const grown = (await mostMemory()) - before;
  assert.ok(grown < 32 * MIB, `the daemon took ${grown} bytes`);
  for (const socket of [...sleepers, reader]) socket.destroy();
});
