import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { diffLines } from './line-diff.ts';

const show = (before: string, after: string) => diffLines(before, after).map(({ mark, text }) => `${mark}${text}`);

test('what stayed, went and came is marked in the order of the texts', () => {
  assert.deepEqual(show('a\nb\nc\n', 'a\nx\nc\n'), [' a', '-b', '+x', ' c']);
  assert.deepEqual(show('', 'a\n'), ['+a']);
  assert.deepEqual(show('a\n', ''), ['-a']);
  assert.deepEqual(show('a\nb\n', 'a\nb\n'), [' a', ' b']);
});

test('kept and removed lines are the old text, kept and added ones the new', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 })
    .map((lines) => lines.map((line) => `${line}\n`).join(''));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = diffLines(before, after);
      const side = (mark: string) =>
        lines
          .filter((line) => line.mark !== mark)
          .map((line) => `${line.text}\n`)
          .join('');
      assert.equal(side('+'), before);
      assert.equal(side('-'), after);
    }),
  );
});
