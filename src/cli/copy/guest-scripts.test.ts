import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GIVE_TREE, KEEP_STREAM, MISSING, SPECIAL, TAKE_STREAM } from './guest-scripts.ts';

let place: string;
before(() => {
  place = mkdtempSync(join(tmpdir(), 'lodge-scripts-'));
  run('mkfifo "$1"', join(place, 'fifo'));
});
after(() => rmSync(place, { recursive: true, force: true }));

function run(script: string, ...words: string[]): { status: number | null; said: string } {
  const { status, stderr } = spawnSync('sh', ['-c', script, 'lodge-cp', ...words], { input: 'new', timeout: 20_000 });
  return { status, said: stderr.toString() };
}

test('what has no end, or waits for its other end, is refused by its kind', () => {
  const fifo = join(place, 'fifo');
  assert.deepEqual(run(GIVE_TREE, '/dev/zero'), {
    status: SPECIAL,
    said: '/dev/zero: is a device of the guest, and no file or directory\n',
  });
  assert.deepEqual(run(GIVE_TREE, fifo), {
    status: SPECIAL,
    said: `${fifo}: is a FIFO of the guest, and no file or directory\n`,
  });
  const missing = run(GIVE_TREE, '/nope');
  assert.deepEqual(missing, { status: MISSING, said: '/nope: there is no such file or directory in the guest\n' });
});

test('a copy never takes the place of a device or a FIFO, and replaces a file', () => {
  const fifo = join(place, 'fifo');
  const file = join(place, 'file');
  assert.equal(run(TAKE_STREAM, fifo, '0', '.work').status, 0);
  const kept = run(KEEP_STREAM, fifo, '0', '.work');
  assert.deepEqual(kept, { status: 1, said: `${fifo}: is a FIFO of the guest, and stays\n` });
  assert.ok(statSync(fifo).isFIFO());
  for (const script of [TAKE_STREAM, KEEP_STREAM]) assert.equal(run(script, file, '0', '.work').status, 0);
  assert.equal(readFileSync(file, 'utf8'), 'new');
});
