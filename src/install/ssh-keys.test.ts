import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeSshKeyPair } from './ssh-keys.ts';

test('callers at once get one and the same key, and it is the one that stays', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lodge-keys-'));
  try {
    const pairs = await Promise.all(Array.from({ length: 6 }, () => makeSshKeyPair(directory, 'id', 'test')));
    const stays = await readFile(join(directory, 'id'), 'utf8');
    for (const pair of pairs) assert.equal(pair.privateKey, stays);
    assert.equal(new Set(pairs.map(({ publicKey }) => publicKey)).size, 1);
    assert.deepEqual((await readdir(directory)).toSorted(), ['id', 'id.pub']);
    const key = pairs[0]?.publicKey.split(' ')[1] ?? '-';
    assert.ok((await readFile(join(directory, 'id.pub'), 'utf8')).includes(key));
  } finally {
    await rm(directory, { recursive: true });
  }
});
