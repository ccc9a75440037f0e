import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { place } from './place.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lodge-place-'));
  for (const name of ['from', 'to', 'work']) mkdirSync(join(root, name));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const at = (...parts: string[]) => join(root, ...parts);

test('placing merges directories, replaces files and links in one step, and follows none', () => {
  const put = (path: string, text: string) => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  };
  put(at('work', '0', 'same'), 'new');
  put(at('work', '0', 'sub', 'added'), 'new');
  put(at('work', '0', 'linked', 'inside'), 'new');
  put(at('to', 'final', 'same'), 'old');
  put(at('to', 'final', 'sub', 'kept'), 'old');
  mkdirSync(at('from', 'elsewhere'));
  symlinkSync(at('from', 'elsewhere'), at('to', 'final', 'linked'));
  place(Buffer.from(at('work', '0')), Buffer.from(at('to', 'final')));
  assert.deepEqual(readdirSync(at('to', 'final'), { recursive: true }).sort(), [
    'linked',
    'linked/inside',
    'same',
    'sub',
    'sub/added',
    'sub/kept',
  ]);
  assert.equal(readFileSync(at('to', 'final', 'same'), 'utf8'), 'new');
  assert.deepEqual(readdirSync(at('from', 'elsewhere')), []);
  put(at('work', '1'), 'a file');
  assert.throws(() => place(Buffer.from(at('work', '1')), Buffer.from(at('to', 'final'))), {
    code: 'VALIDATION_FAILED',
  });
});
