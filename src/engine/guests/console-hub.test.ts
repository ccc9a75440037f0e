import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readReplay } from './console-hub.ts';

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
