import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PATIENCE, Pace, type Patience, traceLimitMs } from './pace.ts';

interface Host {
  /** What a mark takes until it is seen; null: it never is. */
  sightMs: number | null;
  /** How long this process sleeps between two looks, by when. */
  sleepMs?: (nowMs: number) => number;
  /** When the trace shows a mark that was sent then. */
  showsAt?: (sentMs: number) => number;
}

/** A trial in which nobody answers, on a clock of its own. */
function trial({ sightMs, sleepMs = () => 15, showsAt }: Host, patience: Patience = PATIENCE.first) {
  const pace = new Pace(patience, 0, sightMs);
  const rounds: number[] = [];
  let mark = 0;
  for (let nowMs = 0; nowMs < 1_000_000; nowMs += sleepMs(nowMs)) {
    const sentMs = rounds.at(-1);
    if (sentMs !== undefined && sightMs !== null && nowMs >= (showsAt?.(sentMs) ?? sentMs + sightMs)) {
      pace.saw(mark, nowMs);
    }
    const found = pace.look(nowMs);
    if (found !== 'wait') return { found, afterMs: nowMs, rounds };
    if (!pace.mayAsk(nowMs)) continue;
    mark += 1;
    pace.asked(mark, nowMs);
    rounds.push(nowMs);
  }
  throw new Error('it never ended');
}

test('on a fast host nobody waits longer than 2.5 s, and asks again every 150 ms', () => {
  const { found, afterMs, rounds } = trial({ sightMs: 40 });
  assert.equal(found, 'over');
  assert.ok(afterMs < 2600, `${afterMs}`);
  assert.ok(rounds.length >= 16, `${rounds.length}`);
});

test('a host on which the trace takes seconds gets ten times that, and no question before the last one was seen', () => {
  for (const sightMs of [1000, 4000]) {
    const { found, afterMs, rounds } = trial({ sightMs });
    assert.equal(found, 'over');
    assert.ok(afterMs >= 10 * sightMs && afterMs < 12 * sightMs, `${sightMs}: ${afterMs}`);
    assert.ok(rounds.length <= 12, `${sightMs}: ${rounds.length}`);
  }
});

test('a host that gets slow in the middle is waited for from then on', () => {
  const { found, afterMs } = trial({ sightMs: 20, showsAt: (sentMs) => sentMs + (sentMs < 1000 ? 20 : 3000) });
  assert.equal(found, 'over');
  assert.ok(afterMs >= 30_000, `${afterMs}`);
});

test('a trace that stops coming is waited for until the ceiling, and then silence says nothing', () => {
  const { found, afterMs } = trial({ sightMs: 20, showsAt: (sentMs) => (sentMs < 1000 ? sentMs : Infinity) });
  assert.equal(found, 'behind');
  assert.ok(afterMs >= PATIENCE.first.ceilingMs && afterMs < PATIENCE.first.ceilingMs + 1000, `${afterMs}`);
});

test('a mark that was lost is sent anew', () => {
  const lost = (sentMs: number) => (sentMs > 1000 && sentMs < 1200 ? Infinity : sentMs + 20);
  const { found, rounds } = trial({ sightMs: 20, showsAt: lost });
  assert.equal(found, 'over');
  assert.ok(rounds.some((each) => each > 5000));
});

test('time in which this process did not run is no time in which nobody answered', () => {
  // Stopped for ten seconds, after the last mark was seen and before what came meanwhile can be read.
  const { found, afterMs } = trial({ sightMs: 20, sleepMs: (nowMs) => (nowMs > 1000 && nowMs < 1020 ? 10_000 : 15) });
  assert.equal(found, 'over');
  assert.ok(afterMs >= 12_000, `${afterMs}`);
});

test('where no mark was seen the clock is left', () => {
  const { found, afterMs, rounds } = trial({ sightMs: null });
  assert.equal(found, 'over');
  assert.ok(afterMs < 2600, `${afterMs}`);
  assert.ok(rounds.length >= 16, `${rounds.length}`);
});

test('the second trial is more patient', () => {
  for (const sightMs of [20, 1000, 10_000]) {
    assert.ok(trial({ sightMs }, PATIENCE.second).afterMs >= 1.9 * trial({ sightMs }).afterMs, `${sightMs}`);
  }
});

test('the trace has ten seconds to come up, more where nft is slow, and a minute at most', () => {
  assert.deepEqual([5, 1000, 20_000].map(traceLimitMs), [10_000, 40_000, 60_000]);
});
