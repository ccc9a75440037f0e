import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryLooks } from './give-back-memory.ts';

test('memory is given back when nothing is being done, and only when there is something to give', () => {
  const daemon = { busy: 0, bytes: 100, live: 80, collections: 0 };
  const look = memoryLooks({
    busyShare: () => daemon.busy,
    residentBytes: () => daemon.bytes,
    collect: () => {
      daemon.collections += 1;
      daemon.bytes = daemon.live;
    },
  });
  const after = (changes: Partial<typeof daemon>) => {
    Object.assign(daemon, changes);
    look();
    return [daemon.collections, daemon.bytes];
  };
  assert.deepEqual(after({}), [1, 80], 'what the start left');
  assert.deepEqual(after({ bytes: 82 }), [1, 82], 'too little');
  assert.deepEqual(after({ bytes: 200, busy: 0.9 }), [1, 200], 'somebody waits');
  assert.deepEqual(after({ busy: 0.1 }), [2, 80], 'nobody waits');
  assert.deepEqual(after({ bytes: 120, live: 118 }), [3, 118], 'it is in use');
  assert.deepEqual(after({ bytes: 120 }), [3, 120], 'and is not collected again and again');
});
