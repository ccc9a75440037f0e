import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareStates } from './state.ts';

test('what is gone, what is left behind and what stands in another order is told by its section', () => {
  const before = { addresses: ['a', 'b'], settings: ['x:1'], links: ['p', 'q'] };
  assert.deepEqual(compareStates(before, structuredClone(before)), []);
  assert.deepEqual(compareStates(before, { addresses: ['a'], settings: ['x:1', 'y:2'], links: ['q', 'p'] }), [
    'links: in another order',
    'addresses: gone b',
    'settings: left behind y:2',
  ]);
});
