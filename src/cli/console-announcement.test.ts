import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { propertyRuns } from '../../test/support/property-runs.ts';
import { announceAfter } from './console-announcement.ts';

/** What is on the screen after the pieces, the announcement as ATTACHED on a line of its own. */
function shown(replayBytes: number, pieces: readonly string[]): string {
  let screen = '';
  const onBytes = announceAfter(
    replayBytes,
    (bytes) => {
      screen += Buffer.from(bytes).toString('latin1');
    },
    () => {
      screen += 'ATTACHED\n';
    },
  );
  for (const piece of pieces) onBytes(Buffer.from(piece, 'latin1'));
  return screen;
}

test('how to leave is said below the backlog and above the prompt', () => {
  assert.equal(shown(16, ['booted\r\nlo', 'gin: ', 'x']), 'booted\r\nATTACHED\nlogin: x');
  assert.equal(shown(16, ['booted\r\nlogin: x\n']), 'booted\r\nATTACHED\nlogin: x\n');
  assert.equal(shown(8, ['booted\r\n']), 'booted\r\nATTACHED\n');
  assert.equal(shown(7, ['login: ']), 'ATTACHED\nlogin: ');
});

test('without a backlog it is said at once', () => {
  assert.equal(shown(0, []), 'ATTACHED\n');
  assert.equal(shown(0, ['login: ']), 'ATTACHED\nlogin: ');
});

test('however the bytes are cut, all are shown in their order, and it is said once', () => {
  const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', '\n', ' '), minLength: 1, maxLength: 9 }), {
    maxLength: 9,
  });
  fc.assert(
    fc.property(pieces, fc.nat(30), (texts, most) => {
      const all = texts.join('');
      const replayBytes = Math.min(most, all.length);
      const screen = shown(replayBytes, texts);
      assert.equal(screen.replace('ATTACHED\n', ''), all);
      assert.equal(screen, shown(replayBytes, all === '' ? [] : [all]));
    }),
    propertyRuns(200),
  );
});
