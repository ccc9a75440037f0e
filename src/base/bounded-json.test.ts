import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { propertyRuns } from '../../test/support/property-runs.ts';
import { JSON_DEPTH_MAX, JSON_VALUES_MAX, parseBoundedJson } from './bounded-json.ts';
import { isLodgeError } from './errors.ts';

const parse = (text: string) => parseBoundedJson(Buffer.from(text), 'the request');
const nested = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;

test('JSON that nobody nests so deep is refused before it is read', () => {
  for (const depth of [JSON_DEPTH_MAX + 1, 20_000, 2_000_000]) {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      assert.throws(
        () => parse(nested(open, close, depth)),
        (error) => isLodgeError(error, 'USAGE'),
      );
    }
  }
  assert.ok(parse(nested('[', ']', JSON_DEPTH_MAX)));
});

test('JSON with more values than anybody sends is refused before it is read', () => {
  for (const value of ['1', '{}', '[]', '"k":1']) {
    const isKey = value.includes(':');
    const list = (count: number) => {
      const text = Array.from({ length: count }, () => value).join(',');
      return isKey ? `{${text}}` : `[${text}]`;
    };
    assert.throws(
      () => parse(list(JSON_VALUES_MAX)),
      (error) => isLodgeError(error, 'USAGE'),
    );
    assert.ok(parse(list(JSON_VALUES_MAX / 4)));
  }
});

test('what is no JSON, or no UTF-8, is a usage error that does not quote it', () => {
  for (const bytes of [Buffer.from('{"password":"s3cret"'), Buffer.from([0x22, 0xff, 0x22]), Buffer.alloc(0)]) {
    assert.throws(
      () => parseBoundedJson(bytes, 'the request'),
      (error) =>
        isLodgeError(error, 'USAGE') && error.cause === undefined && error.message === 'the request is no JSON',
    );
  }
});

test('every other JSON is read as JSON.parse reads it, brackets in texts and all', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), (text) => assert.deepEqual(parse(text), JSON.parse(text))),
    propertyRuns(200),
  );
  const texts = [']]]'.repeat(99), '[{'.repeat(99), '\\"['.repeat(99), '\\'];
  assert.deepEqual(parse(JSON.stringify(texts)), texts);
});
