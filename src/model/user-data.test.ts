import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unwrap } from '../base/parsed.ts';
import { requestedUserData, storedUserData, toBase64, userDataBytes } from './user-data.ts';

test('whatever the bytes are, they come back: by the store, and by the request', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 20_000 }),
        fc.string().map((text) => Buffer.from(text)),
      ),
      (data) => {
        const bytes = Uint8Array.from(data);
        const stored = JSON.parse(JSON.stringify(storedUserData(bytes))) as ReturnType<typeof storedUserData>;
        assert.deepEqual(userDataBytes(stored), bytes);
        const asked = unwrap(requestedUserData({ name: 'x', userDataBase64: toBase64(bytes) }));
        assert.deepEqual(userDataBytes(asked), bytes);
      },
    ),
  );
  for (const text of ['\ufeff#cloud-config\n', 'a\r\nb\0'])
    assert.equal(storedUserData(Buffer.from(text)).userData, text);
});

test('what cannot be both, or is no base64, is refused', () => {
  assert.equal(requestedUserData({ name: 'x', userData: 'a', userDataBase64: 'YQ==' }).ok, false);
  for (const text of ['Y', 'YQ=', 'Y Q==', 'hunter2!']) {
    assert.equal(requestedUserData({ name: 'x', userDataBase64: text }).ok, false, text);
  }
  assert.deepEqual(unwrap(requestedUserData({ name: 'x' })), { userData: null });
  assert.deepEqual(unwrap(requestedUserData({ name: 'x', userDataBase64: '' })), { userData: '' });
});
