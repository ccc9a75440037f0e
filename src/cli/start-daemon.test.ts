import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { isLodgeError } from '../base/errors.ts';
import { type Layout, layoutOf } from '../model/layout.ts';
import { startDaemon } from './start-daemon.ts';

/** A stand-in for the daemon: the first one listens, the second one finds the lock and ends with 0. */
const DAEMON = `
import { openSync, appendFileSync } from 'node:fs';
import { createServer } from 'node:net';
const [root] = process.argv.slice(2);
appendFileSync(root + '/pids', process.pid + '\\n');
try { openSync(root + '/lock', 'wx'); } catch { process.exit(0); }
const server = createServer((socket) => socket.end(() => server.close()));
server.listen(root + '/run/lodge/lodge.sock');
`;

async function inFreshRoot(act: (layout: Layout, entry: (text: string) => string[]) => Promise<void>) {
  const root = mkdtempSync(join(tmpdir(), 'lodge-start-'));
  const layout = layoutOf(root);
  mkdirSync(dirname(layout.daemonSocket), { recursive: true });
  try {
    await act(layout, (text) => {
      writeFileSync(join(root, 'daemon.mjs'), text);
      return [join(root, 'daemon.mjs'), root];
    });
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('two starts at once both get a connection, from the daemon that came first', async () => {
  await inFreshRoot(async (layout, entry) => {
    // One server takes both: it closes itself after the second.
    const args = entry(
      DAEMON.replace('server.close()', '++served === 2 && server.close()').replace(
        'const server',
        'let served = 0; const server',
      ),
    );
    const sockets = await Promise.all([startDaemon(layout, args), startDaemon(layout, args)]);
    for (const socket of sockets) socket.destroy();
    const pids = readFileSync(join(layout.root, 'pids'), 'utf8').trim().split('\n');
    assert.ok(pids.length === 1 || pids.length === 2);
  });
});

test('a daemon that ends is told at once, with what it said last', async () => {
  await inFreshRoot(async (layout, entry) => {
    mkdirSync(layout.stateDir, { recursive: true });
    writeFileSync(layout.daemonLog, 'old: said by another one\n');
    const args = entry("console.error('the store is from a newer version'); process.exit(1);");
    const started = performance.now();
    await assert.rejects(startDaemon(layout, args), (error) => {
      assert.ok(isLodgeError(error, 'DAEMON_UNREACHABLE'));
      assert.match(
        error.message,
        /ended with exit code 1; .*daemon\.log says:\n {4}the store is from a newer version$/,
      );
      assert.doesNotMatch(error.message, /old/);
      return true;
    });
    assert.ok(performance.now() - started < 10_000);
  });
});

test('a daemon that never listens is given up', async () => {
  await inFreshRoot(async (layout, entry) => {
    // It ends by itself a little after it was given up.
    const args = entry("setTimeout(() => {}, 5000); console.error('waiting for the disk');");
    await assert.rejects(
      startDaemon(layout, args, 3000),
      /did not listen on .* within 3 s; .*\n {4}waiting for the disk$/,
    );
  });
});
