import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '../../../test/support/netns.ts';
import { layoutOf } from '../../model/layout.ts';
import type { GuardReading } from '../../model/network-facts.ts';
import { openStore } from '../../store/store.ts';
import { createEventLog } from '../event-log.ts';
import { type WatchedHost, watchMacs } from './mac-watch.ts';

const FOREIGN = '02:66:00:00:00:01';
const log = { info() {}, warn() {}, error() {} };

/** A watch that looks every 5 ms at what the test puts into `guard`, with a real store. */
function makeWatch(t: TestContext, changes: Partial<WatchedHost> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'lodge-watch-'));
  const store = openStore(join(directory, 'lodge.db'));
  t.after(() => {
    store.close();
    rmSync(directory, { recursive: true });
  });
  const world = { guard: null as GuardReading | null, reads: 0, nowMs: 0 };
  const clock = { nowMs: () => world.nowMs };
  const host: WatchedHost = {
    isGuardExpected: async () => true,
    readGuard: async () => {
      world.reads++;
      return world.guard;
    },
    nameOwners: async (macs) => macs.map((mac) => ({ mac, whose: 'the bridge br0 itself' })),
    meaning: async () => 'the provider has not seen them',
    ...changes,
  };
  const start = () => {
    const events = createEventLog(store, clock);
    const stop = watchMacs({ store, layout: layoutOf(directory), clock, events, log }, host, 5);
    t.after(stop);
    return stop;
  };
  return { world, start, told: () => store.events.since(0).filter(({ type }) => type === 'network.foreign-mac') };
}

function dropped(droppedFrames: number): GuardReading {
  return { uplink: 'eth0', allowedMacs: ['02:00:00:00:00:01'], droppedFrames, foreignMacs: [FOREIGN] };
}

async function looks({ world }: ReturnType<typeof makeWatch>, times = 4): Promise<void> {
  const before = world.reads;
  await eventually('the watch looks', () => world.reads >= before + times);
}

test('one event tells of frames that the guard kept in: how many, which MAC, whose, and what it means', async (t) => {
  const watch = makeWatch(t);
  watch.start();
  await looks(watch);
  assert.deepEqual(watch.told(), []);
  watch.world.guard = dropped(4);
  await looks(watch);
  const [event, ...more] = watch.told();
  assert.deepEqual(more, []);
  assert.deepEqual(event, {
    seq: event?.seq,
    atMs: 0,
    type: 'network.foreign-mac',
    uplink: 'eth0',
    frames: 4,
    macs: [{ mac: FOREIGN, whose: 'the bridge br0 itself' }],
    meaning: 'the provider has not seen them',
  });
});

test('the same MAC is told again after a minute and not before, and never by the next daemon alone', async (t) => {
  const watch = makeWatch(t);
  const stop = watch.start();
  watch.world.guard = dropped(4);
  await looks(watch);
  watch.world.guard = dropped(9);
  watch.world.nowMs = 59_000;
  await looks(watch);
  assert.equal(watch.told().length, 1);
  watch.world.nowMs = 60_000;
  await looks(watch);
  assert.equal(watch.told().length, 2);
  stop();
  watch.world.nowMs = 3_600_000;
  watch.start();
  await looks(watch);
  assert.equal(watch.told().length, 2);
});

test('where no guard can be, nothing is asked of the host', async (t) => {
  let asked = 0;
  const watch = makeWatch(t, { isGuardExpected: async () => ++asked < 0 });
  watch.start();
  await eventually('it was considered', () => asked > 3);
  assert.equal(watch.world.reads, 0);
});

test('a reading that fails is logged and the watch goes on; a stopped one is silent', async (t) => {
  let isBroken = true;
  const watch = makeWatch(t, {
    readGuard: async () => {
      watch.world.reads++;
      if (isBroken) throw new Error('planted');
      return dropped(1);
    },
  });
  const stop = watch.start();
  await looks(watch);
  isBroken = false;
  await eventually('it tells', () => watch.told().length === 1);
  stop();
  const { reads } = watch.world;
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.ok(watch.world.reads <= reads + 1);
});
