import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeTree } from './make-tree.ts';

const directory = mkdtempSync(join(tmpdir(), 'lodge-tree-'));
after(() => rmSync(directory, { recursive: true }));

test('parents are made, and what is there is left', () => {
  const path = join(directory, 'a/b/c');
  makeTree(path);
  makeTree(path);
  assert.ok(statSync(path).isDirectory());
});

test('below /proc, where nothing can be made, it ends', () => {
  assert.throws(() => makeTree('/proc/lodge-test/var/lib'), { code: 'ENOENT', path: '/proc/lodge-test' });
});

test('a file in the way is named', () => {
  writeFileSync(join(directory, 'file'), '');
  assert.throws(() => makeTree(join(directory, 'file/var/lib')), { code: 'EEXIST', path: join(directory, 'file') });
  assert.throws(() => makeTree(join(directory, 'file')), { code: 'EEXIST' });
});
