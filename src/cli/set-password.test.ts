import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { CliContext } from './context.ts';
import { createInput } from './input.ts';
import { passwordRequest } from './set-password.ts';

function read(text: string) {
  const context = { stdin: Readable.from([text]) } as unknown as CliContext;
  return passwordRequest(context, createInput(['web1'], { passwordStdin: true }));
}

test('a password too long to be sent is refused as the daemon refuses one that is a little too long', async () => {
  assert.deepEqual(await read('hunter2\n'), { password: 'hunter2' });
  const rule = 'must be one line of 1 to 256 characters';
  await assert.rejects(read('x'.repeat(5000)), {
    code: 'VALIDATION_FAILED',
    problems: [{ path: 'password', rule, value: undefined }],
  });
});
