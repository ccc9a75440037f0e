import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRunTail, readTail } from './log-tail.ts';

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

test('what a boot is told by is its own words, not those of the boot before', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lodge-tail-'));
  try {
    const path = join(directory, 'log');
    const old = '--- lodge starts QEMU 2026-11-26T21:00:00.000Z\nold login: \n';
    const mark = '--- lodge starts QEMU 2026-11-26T22:00:00.000Z\n';
    await writeFile(path, `${old}${mark}`);
    assert.deepEqual(await readRunTail(path, 8), []);
    await writeFile(path, `${old}${mark}one\ntwo\n`);
    assert.deepEqual(await readRunTail(path, 8), ['one', 'two']);
    assert.deepEqual(await readRunTail(path, 1), ['two']);
    // Cut short since it began, or begun by an older Lodge: all there is.
    await writeFile(path, 'three\nfour\n');
    assert.deepEqual(await readRunTail(path, 8), ['three', 'four']);
  } finally {
    await rm(directory, { recursive: true });
  }
});
