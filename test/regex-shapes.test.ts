import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findExpressions, slowShapes } from './support/regex-shapes.ts';

const root = join(import.meta.dirname, '..');

test('no expression has a shape that takes time by the square of a text', () => {
  const paths = globSync('src/**/*.ts', { cwd: root }).filter((path) => !path.endsWith('.test.ts'));
  const found = paths.flatMap((path) => findExpressions({ path, text: readFileSync(join(root, path), 'utf8') }));
  assert.ok(found.length > 400, `${found.length} were found`);
  assert.deepEqual(slowShapes(found), []);
});

test('planted shapes are seen, and those beside them are not', () => {
  const seen = (code: string) => slowShapes(findExpressions({ path: 'x.ts', text: code })).length;
  const slow = [
    'a.matchAll(/^\\s*source\\s/gm)',
    'a.replace(/^(\\s*)file:/gm, b)',
    "a.replace(/[-.]+$/, '')",
    "a.replace(/#.*$/, '')",
    'const A = /\\s+$/;',
    'return /^(a+)+$/.test(b)',
  ];
  for (const code of slow) assert.equal(seen(code), 1, code);
  const quick = [
    'a.matchAll(/^[ \\t]*source\\s/gm)',
    '/^\\s*x/.test(a)',
    '/^[-.]+$/.test(a)',
    '/-(.*)$/s.exec(a)',
    '/a\\+$/.test(b)',
  ];
  for (const code of quick) assert.equal(seen(code), 0, code);
});
