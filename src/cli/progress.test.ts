import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operation, operationStep } from '../../test/support/fake-answers.ts';
import { operationTitle } from '../model/operation.ts';
import { createOutput } from './output.ts';
import { createProgress } from './progress.ts';
import { plainLine, renderProgress, stillLine } from './progress-text.ts';

const plain = (_style: string, text: string) => text;
const STEPS = [
  operationStep('disk', { title: 'make the disk', state: 'done', startedAtMs: 0, endedAtMs: 120 }),
  operationStep('boot', { title: 'wait until SSH answers', state: 'running', startedAtMs: 120, detail: 'kernel' }),
  operationStep('last', { title: 'say so' }),
];

function recorded(isTTY: boolean, columns = 60) {
  const chunks: string[] = [];
  const stderr = { isTTY, columns, rows: 24, write: (text: string | Uint8Array) => chunks.push(String(text)) };
  const output = createOutput({ stdout: stderr, stderr, json: false, env: { NO_COLOR: '1' } });
  return { chunks, output };
}

test('the block has a line for each step, its time, and what the running one does', () => {
  const view = { nowMs: 12_420, columns: 60, rows: 24, paint: plain };
  assert.deepEqual(renderProgress(operation({ steps: STEPS }), view), [
    'create web1',
    '  ✓ make the disk  120 ms',
    '  > wait until SSH answers  12.3 s',
    '    kernel',
    '  · say so',
  ]);
});

test('no line is wider than the terminal and the block is never higher', () => {
  const lines = renderProgress(operation({ steps: STEPS }), { nowMs: 500, columns: 20, rows: 4, paint: plain });
  assert.deepEqual(lines, ['create web1', '    kernel', '  · say so']);
  const wide = renderProgress(operation({ steps: STEPS }), { nowMs: 500, columns: 20, rows: 24, paint: plain });
  for (const line of wide) assert.ok(line.length <= 20, line);
});

test('on a terminal the block is drawn over itself', () => {
  const { chunks, output } = recorded(true);
  const progress = createProgress(output, { nowMs: () => 1000 });
  progress.update(operation({ steps: STEPS.slice(0, 1) }));
  progress.update(operation({ steps: STEPS.slice(0, 1), state: 'undoing' }));
  progress.end();
  const [cut, wrapped] = ['\u001b[?7l', '\u001b[?7h'];
  assert.equal(chunks[0], `${cut}create web1\u001b[K\n  ✓ make the disk  120 ms\u001b[K\n${wrapped}`);
  const second = 'create web1 (taking it back)\u001b[K\n  ✓ make the disk  120 ms\u001b[K\n';
  assert.equal(chunks[1], `\u001b[2F${cut}${second}${wrapped}`);
});

test('a step that was broken off is not called failed, and one that leaves something says what', () => {
  const cancelled = operationStep('boot', { title: 'wait until SSH answers', startedAtMs: 0, endedAtMs: 1500 });
  const at = { ...cancelled, detail: 'kernel' };
  assert.equal(plainLine({ ...at, state: 'cancelled' }, 0), 'wait until SSH answers … cancelled after 1.5 s');
  const kept = operationStep('image', { title: 'import the image web', state: 'kept', detail: 'the image web stays' });
  assert.equal(plainLine(kept, 0), 'import the image web … not taken back: the image web stays');
  // What was said of a guest is blanked when it is removed.
  assert.equal(plainLine({ ...kept, detail: null }, 0), 'import the image web … not taken back');
  const view = { nowMs: 0, columns: 60, rows: 24, paint: plain };
  assert.deepEqual(renderProgress(operation({ steps: [kept] }), view), [
    'create web1',
    '  < import the image web',
    '    the image web stays',
  ]);
});

test('elsewhere each change of a step is told once', () => {
  const { chunks, output } = recorded(false);
  const progress = createProgress(output, { nowMs: () => 1000 });
  const undone = [{ ...STEPS[0], state: 'undone' } as (typeof STEPS)[0]];
  progress.update(operation({ steps: STEPS }));
  progress.update(operation({ steps: STEPS }));
  progress.update(operation({ steps: undone as typeof STEPS, state: 'undoing' }));
  progress.end();
  assert.deepEqual(chunks, [
    'make the disk … 120 ms\n',
    'make the disk … taken back\n',
    'create web1 … taking it back\n',
  ]);
  assert.equal(stillLine(STEPS[1] ?? operationStep(''), 60_120), 'wait until SSH answers … 1 min 0 s so far, kernel');
});

test('elsewhere a step that takes long has a line while it runs, and one that does not has none', () => {
  const { chunks, output } = recorded(false);
  let nowMs = 1000;
  const progress = createProgress(output, { nowMs: () => nowMs });
  progress.update(operation({ steps: STEPS }));
  nowMs = 4000;
  progress.update(operation({ steps: STEPS }));
  progress.update(operation({ steps: STEPS }));
  const ended = STEPS.map((step) => (step.id === 'boot' ? { ...step, state: 'done' as const, endedAtMs: 5120 } : step));
  progress.update(operation({ steps: ended }));
  progress.end();
  assert.deepEqual(chunks, [
    'make the disk … 120 ms\n',
    'wait until SSH answers … kernel\n',
    'wait until SSH answers … 5.0 s\n',
  ]);
});

test('an operation is called what the user would call it', () => {
  const titles = (['guest.create', 'image.build', 'setup'] as const).map((kind) =>
    operationTitle({ kind, subject: 'x' }),
  );
  assert.deepEqual(titles, ['create x', 'build image x', 'setup']);
});

test('NO_COLOR takes the colours away, and only a terminal has them', () => {
  const stdout = { isTTY: true, write: () => undefined };
  const paint = (env: Record<string, string>, isTTY: boolean) =>
    createOutput({ stdout: { ...stdout, isTTY }, stderr: stdout, json: false, env }).paint('red', 'x');
  assert.equal(paint({}, true), '\u001b[31mx\u001b[39m');
  assert.equal(paint({}, false), 'x');
  assert.equal(paint({ NO_COLOR: '1' }, true), 'x');
  assert.equal(paint({ NO_COLOR: '' }, true), '\u001b[31mx\u001b[39m');
});
