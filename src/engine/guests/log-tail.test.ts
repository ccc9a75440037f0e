import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { printable, readTail } from './log-tail.ts';

test('a console is read as a person would have read it', () => {
  const screen = '\x1b[2J\x1b[01;01H\r\n\x1b[0;1;39mDebian\x1b[0m GNU\r\r\nlogin: \x07\x1b]0;title\x07x';
  assert.equal(printable(Buffer.from(screen)), '\nDebian GNU\nlogin: x');
});

test('the tail is the last lines, and an absent file has none', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lodge-tail-'));
  try {
    const path = join(directory, 'log');
    assert.deepEqual(await readTail(path, 3), []);
    await writeFile(path, `${'x'.repeat(100_000)}\none\ntwo\nthree\n`);
    assert.deepEqual(await readTail(path, 2), ['two', 'three']);
    assert.deepEqual(await readTail(path, 0), []);
  } finally {
    await rm(directory, { recursive: true });
  }
});
