import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestRate } from './guest-rate.ts';

const HOUR_MS = 3_600_000;

function rate(most: number) {
  const time = { nowMs: 0 };
  return { time, rate: new GuestRate({ nowMs: () => time.nowMs }, { most, withinMs: HOUR_MS }) };
}

test('each guest has its own count, and has it again when the time is over', () => {
  const { time, rate: one } = rate(2);
  assert.deepEqual(
    ['a', 'a', 'a', 'b'].map((guest) => one.take(guest)),
    [true, true, false, true],
  );
  time.nowMs = HOUR_MS - 1;
  assert.equal(one.take('a'), false);
  time.nowMs = HOUR_MS;
  assert.equal(one.take('a'), true);
});

test('a clock that is set back by years forbids nothing', () => {
  const { time, rate: one } = rate(1);
  time.nowMs = 1e12;
  assert.equal(one.take('a'), true);
  time.nowMs = 1e9;
  assert.equal(one.take('a'), true);
});

test('guests that are gone are not remembered', () => {
  const { time, rate: one } = rate(5);
  for (let number = 0; number < 1000; number += 1) {
    time.nowMs += HOUR_MS / 10;
    one.take(`guest${number}`);
  }
  assert.ok(one.size <= 10, `${one.size}`);
});
