import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guestDetail } from '../../test/support/fake-answers.ts';
import { pendingChanges, withLiveChanges } from './pending-change.ts';

const { spec } = guestDetail('web1');

test('what only a start takes waits, with both values; what was set back does not', () => {
  const wanted = { ...spec, memoryMiB: 2048, sshKeys: ['ssh-ed25519 AAAA'], boot: { order: 'dc', once: null } };
  assert.deepEqual(pendingChanges(spec, wanted), [
    { field: 'memoryMiB', running: 1024, wanted: 2048 },
    { field: 'boot', running: { order: 'c', once: null }, wanted: { order: 'dc', once: null } },
    { field: 'sshKeys', running: [], wanted: ['ssh-ed25519 AAAA'] },
  ]);
  assert.deepEqual(pendingChanges(wanted, { ...wanted, memoryMiB: 2048 }), []);
});

test('a once that was used does not wait, a new one does', () => {
  const started = { ...spec, boot: { order: 'cd', once: 'd' } };
  const used = { ...spec, boot: { order: 'cd', once: null } };
  assert.deepEqual(pendingChanges(started, used), []);
  assert.deepEqual(
    pendingChanges(started, started).map(({ field }) => field),
    ['boot'],
  );
});

test('user-data waits without a word of it', () => {
  assert.deepEqual(pendingChanges(spec, { ...spec, userData: 'password: hunter2' }), [{ field: 'userData' }]);
});

test('what a running QEMU takes at once is what it runs with', () => {
  const wanted = { ...spec, iso: '/a.iso', startWithHost: false, memoryMiB: 2048 };
  const running = withLiveChanges(spec, wanted);
  assert.deepEqual([running.iso, running.startWithHost, running.memoryMiB], ['/a.iso', false, 1024]);
});
