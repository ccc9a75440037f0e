import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareGuard, NOTHING_TOLD } from './guard-alarm.ts';

const A = '02:66:00:00:00:01';
const B = '02:66:00:00:00:02';
const reading = (droppedFrames: number, foreignMacs: string[]) => {
  return { uplink: 'eth0', allowedMacs: ['02:00:00:00:00:01'], droppedFrames, foreignMacs };
};

/** Feeds the readings of a quiet clock, one every ten seconds, and returns what was told. */
function tell(readings: ReturnType<typeof reading>[], from = NOTHING_TOLD) {
  let told = from;
  return readings.map((one, at) => {
    const { memory, alarm } = compareGuard(told, one, at * 10_000);
    told = memory;
    return alarm;
  });
}

test('a guard that kept nothing in is not told of', () => {
  assert.deepEqual(tell([reading(0, []), reading(0, [])]), [null, null]);
});

test('a new MAC is told at once, also within the minute of another', () => {
  const alarms = tell([reading(3, [A]), reading(3, [A]), reading(4, [A, B])]);
  assert.deepEqual(alarms, [{ frames: 3, macs: [A] }, null, { frames: 1, macs: [B] }]);
});

test('a MAC that goes on is told once a minute, with the frames of that minute', () => {
  const alarms = tell(Array.from({ length: 13 }, (_, at) => reading(at + 1, [A])));
  assert.deepEqual(
    alarms.map((alarm) => alarm?.frames ?? 0),
    [1, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 6],
  );
});

test('frames whose MACs found no room in the notes are told as well', () => {
  const [alarm] = tell([reading(7, [])]);
  assert.deepEqual(alarm, { frames: 7, macs: [] });
});

test('a guard that was loaded anew is told from its beginning, whether its counter or its notes give it away', () => {
  const told = { droppedFrames: 9, macs: [A], toldAtMs: 0 };
  assert.deepEqual(tell([reading(2, [A])], told), [{ frames: 2, macs: [A] }]);
  assert.deepEqual(tell([reading(12, [B])], told), [{ frames: 12, macs: [B] }]);
  assert.deepEqual(tell([reading(0, []), reading(1, [A])], told), [null, { frames: 1, macs: [A] }]);
});

test('what was told before the daemon started again is not told twice', () => {
  assert.deepEqual(tell([reading(9, [A])], { droppedFrames: 9, macs: [A], toldAtMs: -3_600_000 }), [null]);
});

test('a clock that was set back does not silence the alarm', () => {
  const told = { droppedFrames: 9, macs: [A], toldAtMs: 1e12 };
  assert.deepEqual(tell([reading(10, [A])], told), [{ frames: 1, macs: [A] }]);
});
