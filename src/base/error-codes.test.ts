import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ERROR_CODES, EXIT } from './error-codes.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8');

/** `## CODE` and the text below it. */
function sections(): Map<string, string> {
  return new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((section) => {
        const [heading = '', ...text] = section.split('\n');
        return [heading.trim(), text.join('\n').trim()];
      }),
  );
}

test('every error code has a heading in docs/errors.md, and every heading is a code', () => {
  assert.deepEqual([...sections().keys()].sort(), Object.keys(ERROR_CODES).sort());
});

test('every heading has a text, and none is there twice', () => {
  for (const [code, text] of sections()) assert.ok(text.length > 40, `${code} is not explained`);
  assert.equal(page.match(/^## /gm)?.length, sections().size);
});

test('every code ends the command with an exit code of the contract', () => {
  const known = new Set<number>(Object.values(EXIT));
  for (const [code, { exit }] of Object.entries(ERROR_CODES)) assert.ok(known.has(exit) && exit !== 0, code);
});
