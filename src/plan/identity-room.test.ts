import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityProblems } from './identity-room.ts';

const key = (bytes: number) => `ssh-rsa ${'A'.repeat(bytes - 8)}`;
const spec = { name: 'web1', identity: 'credentials' as const, memoryMiB: 1024 };

test('ninety keys of RSA 4096 are refused with the number that fits; so many are taken', () => {
  const sshKeys = Array.from({ length: 90 }, () => key(740));
  const [problem] = identityProblems({ ...spec, sshKeys });
  assert.equal(problem?.value, '90 keys');
  const count = Number(/the first (\d+) fit/.exec(problem?.rule ?? '')?.[1]);
  assert.ok(count > 55 && count < 66, `${count}`);
  assert.deepEqual(identityProblems({ ...spec, sshKeys: sshKeys.slice(0, count) }), []);
  assert.equal(identityProblems({ ...spec, sshKeys: sshKeys.slice(0, count + 1) }).length, 1);
});

test('a guest that reads a seed has room for all of them, and a hundred thousand are no accident', () => {
  const sshKeys = Array.from({ length: 100_000 }, () => key(80));
  assert.deepEqual(identityProblems({ ...spec, identity: 'nocloud', sshKeys }), []);
  assert.equal(identityProblems({ ...spec, sshKeys }).length, 1);
});

test('memory that leaves no room for any key is told as memory, once, and never as keys', () => {
  const GIB_IN_MIB = 1024;
  assert.deepEqual(
    identityProblems({ ...spec, memoryMiB: 6000 * GIB_IN_MIB, sshKeys: [] }).map(({ path }) => path),
    ['memoryMiB'],
  );
  const told = [{ path: 'memoryMiB', rule: 'must fit the host', value: 0 }];
  assert.deepEqual(identityProblems({ ...spec, memoryMiB: 9999 * GIB_IN_MIB, sshKeys: [] }, told), []);
  const sshKeys = Array.from({ length: 90 }, () => key(740));
  const both = identityProblems({ ...spec, memoryMiB: 9999 * GIB_IN_MIB, sshKeys }, told);
  assert.deepEqual(
    both.map(({ path }) => path),
    ['sshKeys'],
    'keys that fit no guest are told all the same',
  );
});
