import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { checkImports, ROOMS } from './support/rooms.ts';

const root = join(import.meta.dirname, '..');

function sources() {
  return globSync('src/**/*.ts', { cwd: root }).map((path) => ({
    path,
    text: readFileSync(join(root, path), 'utf8'),
  }));
}

test('arrows between rooms run only as the table allows', () => {
  assert.deepEqual(checkImports(sources()), []);
});

test('every folder under src is a room of the table', () => {
  const folders = new Set(sources().map(({ path }) => relative('src', dirname(path)).split('/')[0]));
  for (const folder of folders) assert.ok(folder !== undefined && folder in ROOMS, `src/${folder} is in no table`);
});

test('a planted violation is seen', () => {
  const plant = (path: string, text: string) => checkImports([{ path, text }]).length;
  assert.equal(plant('src/base/x.ts', "import { a } from '../store/y.ts';"), 1);
  assert.equal(plant('src/render/x.ts', "import { readFileSync } from 'node:fs';"), 1);
  assert.equal(plant('src/plan/x.ts', "const a = await import('node:os');"), 1);
  assert.equal(plant('src/cli/x.ts', "import { exec } from '../host/exec.ts';"), 1);
  assert.equal(plant('src/engine/x.ts', "import { spawn } from 'node:child_process';"), 1);
  assert.equal(plant('src/engine/x.ts', "import { DatabaseSync } from 'node:sqlite';"), 1);
  assert.equal(plant('src/host/x.ts', "import type { GuestSpec } from '../model/guest.ts';"), 1);
  assert.equal(plant('src/engine/x.ts', "import { a } from '../store/y.ts';"), 0);
});
