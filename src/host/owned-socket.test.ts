import assert from 'node:assert/strict';
import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connectToOwned } from './owned-socket.ts';

const NOBODY = 65_534;
const root = mkdtempSync(join(tmpdir(), 'owned-'));
const directory = join(root, 'hostile');
let others: Server;
let own: Server;

function listen(path: string): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.on('error', () => {}).end('heard'));
    server.listen(path, () => resolve(server));
  });
}

before(async () => {
  mkdirSync(directory);
  others = await listen(join(root, 'others.sock'));
  own = await listen(join(directory, 'own.sock'));
});
after(() => {
  others.close();
  own.close();
  rmSync(root, { recursive: true });
});

function outcome(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectToOwned(path);
    socket.on('data', (data) => resolve(String(data)));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

test('a socket of its directory’s owner is connected to, and one that is not there is none', async () => {
  assert.equal(await outcome(join(directory, 'own.sock')), 'heard');
  assert.equal(await outcome(join(directory, 'none.sock')), 'ENOENT');
});

test('a link to a socket elsewhere is not followed, and a socket of somebody else is left alone', async () => {
  const link = join(directory, 'link.sock');
  symlinkSync(join(root, 'others.sock'), link);
  assert.equal(await outcome(link), `${link} is no socket of the user 0, whose directory it is in`);
  chownSync(directory, NOBODY, NOBODY);
  const path = join(directory, 'own.sock');
  assert.equal(await outcome(path), `${path} is no socket of the user ${NOBODY}, whose directory it is in`);
});
