import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { openWayOut } from '../support/way-out.ts';

// A host that reaches the world by a proxy alone: here the world is this test's own process.
const SECRET = 'swordfish';
const disk = Buffer.alloc(64 * 1024);
disk.writeUInt16BE(0x55aa, 510);
const checksum = `sha256:${createHash('sha256').update(disk).digest('hex')}`;

let lodge: LodgeInstance;
let world: Server;
let url = '';
let wayOut: { url: string; close: () => void };

before(async () => {
  lodge = await LodgeInstance.open('lgpx');
  wayOut = await openWayOut(lodge.namespaces, lodge.root, `me:${SECRET}`);
  world = createServer((_request, response) => response.end(disk));
  await new Promise<void>((resolve) => world.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(world.address() as AddressInfo).port}/disk.raw`;
});
after(async () => {
  await lodge.close();
  wayOut.close();
  world.close();
  world.closeAllConnections();
});

const importImage = (name: string, env: Record<string, string>) =>
  lodge.run(['image', 'import', url, '--name', name, '--checksum', checksum], env);

test('the daemon that a command starts downloads through the proxy of its environment', async () => {
  const { exitCode, stderr } = await importImage('tiny', { http_proxy: wayOut.url });
  assert.equal(exitCode, 0, stderr);
  assert.doesNotMatch(stderr, /downloads through/);
});

test('another proxy in a later shell is told of and not used, one that fails is named', async () => {
  const { exitCode, stderr } = await importImage('second', { http_proxy: 'http://x:y@127.0.0.1:9' });
  assert.equal(exitCode, 0, stderr);
  assert.match(
    stderr,
    /^lodge: the daemon downloads through http:\/\/192\.0\.2\.1:3128 .*, this shell says http:\/\/127/,
  );
  assert.equal((await lodge.run(['daemon', 'stop'])).exitCode, 0);
  const wrong = await importImage('third', { http_proxy: wayOut.url.replace(SECRET, `${SECRET}y`) });
  assert.equal(wrong.exitCode, 1);
  assert.match(wrong.stderr, /the proxy http:\/\/192\.0\.2\.1:3128 wants a login/);
  assert.equal((await lodge.run(['daemon', 'stop'])).exitCode, 0);
});

test('its login is in no file that others may read, in no log, and not with the programs of other users', async () => {
  const small = ['--image', 'tiny', '--memory', '64MiB', '--disk', '64MiB', '--no-wait'];
  const made = await lodge.run(['create', 'web1', ...small], { http_proxy: wayOut.url, HTTPS_PROXY: wayOut.url });
  assert.equal(made.exitCode, 0, made.stderr);
  const status = await lodge.run(['daemon', 'status', '--json']);
  assert.ok(!status.stdout.includes(SECRET), status.stdout);
  const daemon = await lodge.daemonPid();
  for (const pid of await lodge.namespaces.pids('host')) {
    if (pid === daemon) continue;
    assert.ok(!(await readFile(`/proc/${pid}/environ`, 'latin1')).includes(SECRET), `process ${pid} knows the login`);
  }
  for (const entry of await readdir(lodge.root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const isRead = entry.isFile() && (((await stat(path)).mode & 0o004) !== 0 || path.endsWith('.log'));
    if (isRead) assert.ok(!(await readFile(path, 'latin1')).includes(SECRET), path);
  }
});
