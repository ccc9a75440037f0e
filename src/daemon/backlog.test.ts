import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backlog } from './backlog.ts';

test('a reader who keeps up gets everything, in order, and then the end', async () => {
  const backlog = new Backlog<number>(3);
  const taken: unknown[] = [];
  const reading = (async () => {
    for (let next = await backlog.take(); next !== null; next = await backlog.take()) taken.push(next);
  })();
  for (const value of [1, 2, 3, 4, 5]) {
    backlog.push(value);
    await new Promise((resolve) => setImmediate(resolve));
  }
  backlog.end();
  backlog.push(6);
  await reading;
  assert.deepEqual(
    taken,
    [1, 2, 3, 4, 5].map((value) => ({ value, dropped: 0 })),
  );
});

test('one who does not come for a while is told how many he missed, and gets the newest', async () => {
  const backlog = new Backlog<number>(3);
  for (let value = 1; value <= 100_000; value += 1) backlog.push(value);
  backlog.end();
  assert.deepEqual(await backlog.take(), { value: 99_998, dropped: 99_997 });
  assert.deepEqual(await backlog.take(), { value: 99_999, dropped: 0 });
  assert.deepEqual(await backlog.take(), { value: 100_000, dropped: 0 });
  assert.equal(await backlog.take(), null);
});
