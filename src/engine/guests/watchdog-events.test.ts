import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WatchdogEvents } from './watchdog-events.ts';

test('a guest whose watchdog runs out each second is told of once a minute, and keeps no other from being told of', () => {
  let nowMs = 0;
  const told: [number, string][] = [];
  const watchdogs = new WatchdogEvents({
    clock: { nowMs: () => nowMs },
    events: { publish: (event) => told.push([nowMs, event.type === 'guest.watchdog' ? event.guest : event.type]) },
  });
  for (; nowMs < 130_000; nowMs += 1000) {
    watchdogs.tell('loud', 'reset');
    if (nowMs === 30_000) watchdogs.tell('quiet', 'reset');
  }
  assert.deepEqual(told, [
    [0, 'loud'],
    [30_000, 'quiet'],
    [60_000, 'loud'],
    [120_000, 'loud'],
  ]);
});
