import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fnv1aHex } from './fnv1a.ts';

test('the hash is that of the published test vectors', () => {
  assert.equal(fnv1aHex(''), '811c9dc5');
  assert.equal(fnv1aHex('a'), 'e40c292c');
  assert.equal(fnv1aHex('foobar'), 'bf9cf968');
});
