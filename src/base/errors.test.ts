import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainError, fromErrorBody, isLodgeError, LodgeError, toErrorBody, validationError } from './errors.ts';

test('a chain is one line and repeats nothing', () => {
  const deepest = new Error('no such file');
  const middle = new LodgeError('QEMU_FAILED', 'qemu exited with 1: no such file', { cause: deepest });
  const outer = new LodgeError('COMMAND_FAILED', 'guest web1 did not start', { cause: middle });
  assert.equal(explainError(outer), 'guest web1 did not start: qemu exited with 1: no such file');
  assert.equal(explainError('plain'), 'plain');
});

test('the outermost error gives the code, the deepest hint wins', () => {
  const inner = new LodgeError('COMMAND_MISSING', 'no qemu', { hint: 'lodge setup' });
  const outer = new LodgeError('QEMU_FAILED', 'web1', { cause: inner, hint: 'lodge logs web1' });
  assert.deepEqual(toErrorBody(outer), { code: 'QEMU_FAILED', message: 'web1: no qemu', hint: 'lodge setup' });
});

test('what is no error of ours is a bug', () => {
  assert.deepEqual(toErrorBody(new TypeError('x is undefined')), { code: 'INTERNAL', message: 'x is undefined' });
});

test('an error crosses the API whole', () => {
  const sent = validationError('guest web1', [
    { path: 'memoryMiB', rule: 'at least 64', value: 1 },
    { path: 'name', rule: 'lower case', value: 'WEB' },
  ]);
  const received = fromErrorBody(JSON.parse(JSON.stringify(toErrorBody(sent))));
  assert.ok(isLodgeError(received, 'VALIDATION_FAILED'));
  assert.equal(received.message, 'guest web1 is not valid: memoryMiB: at least 64, got 1; name: lower case, got "WEB"');
  assert.deepEqual(received.problems, sent.problems);
  assert.deepEqual([received.exitCode, received.httpStatus], [4, 422]);
});

test('a code of a newer daemon is not believed', () => {
  const body = { code: 'FROM_THE_FUTURE', message: 'm' } as unknown as Parameters<typeof fromErrorBody>[0];
  assert.equal(fromErrorBody(body).code, 'INTERNAL');
});
