import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { FileChange } from '../../model/network-plan.ts';
import { forgetKept, restoreFiles, writeFiles } from './transaction-files.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lodge-files-'));
  await mkdir(`${root}/etc`);
  await writeFile(`${root}/etc/a`, 'a before', { mode: 0o640 });
  await writeFile(`${root}/etc/gone`, 'gone before');
});
afterEach(() => rm(root, { recursive: true }));

const FILES: FileChange[] = [
  { path: '/etc/a', before: 'a before', after: 'a after', mode: 0o644, why: '' },
  { path: '/etc/gone', before: 'gone before', after: null, mode: 0o644, why: '' },
  { path: '/etc/new/b', before: null, after: 'b', mode: 0o600, why: '' },
];
const read = (name: string) => readFile(`${root}${name}`, 'utf8').catch(() => null);
const all = async () => [await read('/etc/a'), await read('/etc/gone'), await read('/etc/new/b')];
const BEFORE = ['a before', 'gone before', null];
const AFTER = ['a after', null, 'b'];

test('files are written, removed and made, with their modes, and nothing stays beside them', async () => {
  await writeFiles(root, FILES);
  assert.deepEqual(await all(), AFTER);
  assert.equal((await stat(`${root}/etc/new/b`)).mode & 0o777, 0o600);
  await forgetKept(root, FILES);
  assert.deepEqual((await readdir(`${root}/etc`)).sort(), ['a', 'new']);
});

test('what was written is put back with the mode it had, however often it is asked for', async () => {
  await writeFiles(root, FILES);
  for (let times = 0; times < 2; times++) {
    await restoreFiles(root, FILES);
    assert.deepEqual(await all(), BEFORE);
  }
  assert.equal((await stat(`${root}/etc/a`)).mode & 0o777, 0o640);
  assert.deepEqual((await readdir(`${root}/etc`)).sort(), ['a', 'gone', 'new']);
});

test('one file that cannot be written leaves all as they were', async () => {
  await mkdir(`${root}/etc/blocked`);
  await writeFile(`${root}/etc/blocked/x`, '');
  const blocked = { path: '/etc/blocked', before: null, after: 'c', mode: 0o644, why: '' };
  await assert.rejects(writeFiles(root, [...FILES, blocked]), /cannot write .*blocked/);
  assert.deepEqual(await all(), BEFORE);
});

test('written twice, as after a kill in the middle, it can still be put back', async () => {
  await writeFiles(root, FILES.slice(0, 1));
  await writeFiles(root, FILES);
  assert.deepEqual(await all(), AFTER);
  await restoreFiles(root, FILES);
  assert.deepEqual(await all(), BEFORE);
});

test('where a boot has written the files, and kept none, they are put back all the same', async () => {
  await writeFile(`${root}/etc/a`, 'a after');
  await restoreFiles(root, FILES.slice(0, 1));
  assert.equal(await read('/etc/a'), 'a before');
});

test('a symbolic link stays one: what it leads to is written', async () => {
  await rename(`${root}/etc/a`, `${root}/etc/target`);
  await symlink('target', `${root}/etc/a`);
  await writeFiles(root, FILES.slice(0, 1));
  assert.equal(await readlink(`${root}/etc/a`), 'target');
  assert.equal(await read('/etc/target'), 'a after');
  await restoreFiles(root, FILES.slice(0, 1));
  assert.equal(await read('/etc/target'), 'a before');
});
