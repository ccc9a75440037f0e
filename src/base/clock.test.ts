import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, sleep } from './clock.ts';

test('durations for people', () => {
  const table: [number, string][] = [
    [0, '0 ms'],
    [999, '999 ms'],
    [4_230, '4.2 s'],
    [75_300, '1 min 15 s'],
    [119_700, '2 min 0 s'],
  ];
  for (const [ms, text] of table) assert.equal(formatDuration(ms), text);
});

test('a sleep ends early with the reason of its signal', async () => {
  const controller = new AbortController();
  const sleeping = sleep(60_000, controller.signal);
  controller.abort(new Error('enough'));
  await assert.rejects(sleeping, /enough/);
  await assert.rejects(sleep(60_000, controller.signal), /enough/);
  await sleep(1);
});
