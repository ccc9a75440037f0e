import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionShares } from './connection-share.ts';

function shareOf(guests: number, most: number | null): number | undefined {
  const nics = Array.from({ length: guests }, (_, index) => ({ tap: `lg${index}` }));
  return connectionShares(nics, most).get('lg0');
}

test('a guest has a 64th of the table while few share it', () => {
  assert.deepEqual(
    [1, 2, 16].map((guests) => shareOf(guests, 262_144)),
    [4096, 4096, 4096],
  );
  assert.equal(shareOf(3, 65_536), 1024);
  assert.equal(shareOf(3, null), 1024);
});

test('all shares together, with as many again twice that are closed, leave a quarter of the table', () => {
  for (const most of [65_536, 262_144, 1_048_576]) {
    for (let guests = 1; guests <= most / 4 / 256; guests += 7) {
      assert.ok(3 * guests * (shareOf(guests, most) ?? Number.NaN) <= (3 / 4) * most, `${guests} of ${most}`);
    }
  }
});

test('it changes at powers of two alone, and never below what a guest needs', () => {
  assert.deepEqual(
    [17, 32, 33, 64, 65, 1000].map((guests) => shareOf(guests, 262_144)),
    [2048, 2048, 1024, 1024, 512, 256],
  );
  assert.equal(shareOf(1, 4096), 64);
});

test('what the owner says holds', () => {
  const shares = connectionShares(
    [
      { tap: 'lga', maxConnections: 10 },
      { tap: 'lgb', maxConnections: null },
    ],
    262_144,
  );
  assert.deepEqual([...shares.values()], [10, 4096]);
});
