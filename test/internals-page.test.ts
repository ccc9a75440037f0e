import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { FILES } from '../src/model/file-modes.ts';
import { guestLayoutOf, layoutOf } from '../src/model/layout.ts';
import { ROOMS } from './support/rooms.ts';

const page = readFileSync(join(import.meta.dirname, '../docs/internals.md'), 'utf8');

test('docs/internals.md has a row for every file of the layout', () => {
  const { root: _, etcDir, stateDir, runDir, ...files } = layoutOf('');
  const { dir: _dir, runDir: _runDir, ...guestFiles } = guestLayoutOf(layoutOf(''), 'NAME', 'qcow2');
  for (const directory of [etcDir, stateDir, runDir]) assert.ok(page.includes(`${directory}`), directory);
  const guestPaths = Object.values(guestFiles).flatMap((path) =>
    typeof path === 'string' ? [path] : Object.values(path),
  );
  for (const path of [...Object.values(files), ...guestPaths]) {
    const row = page.split('\n').find((line) => line.startsWith('|') && line.includes(basename(path)));
    assert.ok(row !== undefined, `${path} has no row`);
  }
});

test('each row says the mode that the table of modes has', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('|'));
  for (const { path, kind, mode } of Object.values(FILES)) {
    const name = basename(path).replace(/\*.*$/, '');
    // Directories in which QEMU finds its way are one sentence above the tables.
    if (kind === 'directory' && mode === 0o755) continue;
    const octal = `0${mode.toString(8)}`;
    const row = rows.find(
      (line) => line.includes(name === '' ? basename(dirname(path)) : name) && line.includes(octal),
    );
    assert.ok(row !== undefined, `${path}: no row has its mode ${octal}`);
  }
});

test('the picture of the rooms has every room', () => {
  for (const room of Object.keys(ROOMS)) assert.match(page, new RegExp(`\\b${room}\\b`), room);
});
