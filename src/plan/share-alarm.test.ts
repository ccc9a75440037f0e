import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GuestRefusal } from '../model/guest-share.ts';
import { compareRefusals, type RefusalMemory } from './share-alarm.ts';

const refused = (packets: number, guest = 'web1'): GuestRefusal => ({ guest, share: 'connections', packets });

test('a guest that meets its limit is told of at once, then once a minute with the packets of the whole minute', () => {
  let memory: RefusalMemory = new Map();
  const told = (packets: number, nowMs: number) => {
    const next = compareRefusals(memory, [refused(packets)], nowMs);
    memory = next.memory;
    return next.alarms.map((one) => one.packets);
  };
  assert.deepEqual(told(5, 0), [5]);
  assert.deepEqual(told(9, 10_000), []);
  assert.deepEqual(told(9, 50_000), []);
  assert.deepEqual(told(20, 60_000), [15]);
  assert.deepEqual(told(20, 200_000), [], 'nothing new');
  assert.deepEqual(told(3, 210_000), [3], 'the guest was started anew');
});

test('what was there when the daemon started is not told again, what comes after it is', () => {
  const first = compareRefusals(null, [refused(100)], 0);
  assert.deepEqual(first.alarms, []);
  assert.deepEqual(compareRefusals(first.memory, [refused(101), refused(2, 'web2')], 10).alarms, [
    refused(1),
    refused(2, 'web2'),
  ]);
});
