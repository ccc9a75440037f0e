import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { routes } from '../src/api/routes.ts';
import { readUserData } from '../src/cli/user-files.ts';
import { bodyLimitsOf } from '../src/daemon/request-limits.ts';
import { requestedUserData, USER_DATA_MAX_BYTES } from '../src/model/user-data.ts';

test('user-data of the most that it may have is a request that the daemon takes, whatever it is made of', () => {
  const directory = mkdtempSync(join(tmpdir(), 'lodge-user-data-'));
  try {
    for (const [what, byte] of [
      ['text', 0x61],
      ['line ends', 0x0a],
      ['controls', 0x01],
      ['no UTF-8', 0xff],
    ] as const) {
      const bytes = Buffer.alloc(USER_DATA_MAX_BYTES, byte);
      writeFileSync(join(directory, 'file'), bytes);
      const read = readUserData(directory)('file');
      assert.ok(read.ok, what);
      const body = JSON.stringify({ name: 'web1', ...read.value });
      assert.ok(Buffer.byteLength(body) <= bodyLimitsOf(routes.guests).bytes, what);
      const stored = requestedUserData({ name: 'web1', ...read.value } as never);
      assert.ok(stored.ok && (stored.value.userData === null) === (what === 'no UTF-8'), what);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
