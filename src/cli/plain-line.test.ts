import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandSpec } from './command.ts';
import { readPlainLine } from './plain-line.ts';

const load = async () => ({ run: async () => undefined });

function spec(change: Partial<CommandSpec>): CommandSpec {
  return { path: ['show'], summary: 'x', examples: [], load, ...change } as CommandSpec;
}

const GUEST = { name: 'name', summary: 'a guest' };

test('plain words are read without the parser', () => {
  const input = readPlainLine(spec({ arguments: [GUEST] }), ['show', 'web1', '--json']);
  assert.deepEqual(input?.arguments, ['web1']);
  assert.equal(input?.flag('json'), true);
  assert.deepEqual(readPlainLine(spec({ path: ['image', 'ls'] }), ['image', 'ls'])?.arguments, []);
});

test('every other line is left to the parser', () => {
  const one = spec({ arguments: [GUEST] });
  for (const words of [['show'], ['show', 'a', 'b'], ['show', '--help'], ['show', 'a', '-x'], ['show', '--', 'a']]) {
    assert.equal(readPlainLine(one, words), null, words.join(' '));
  }
  assert.equal(readPlainLine(spec({ arguments: [GUEST], json: false }), ['show', 'a', '--json']), null);
  assert.equal(readPlainLine(spec({ options: [{ flags: '--all', summary: 'x' }] }), ['show']), null);
});
