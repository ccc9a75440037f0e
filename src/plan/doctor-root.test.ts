import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layoutOf } from '../model/layout.ts';
import { judgeRoot, judgeSocketPaths, judgeWay } from './doctor-root.ts';

const ACCOUNT = { name: 'lodge-qemu', uid: 995, gids: [995, 104] };
const byteLength = (text: string) => new TextEncoder().encode(text).length;

test('the longest root whose sockets fit is accepted, one byte more is not', () => {
  // /run/lodge/guests/ + 40 + /serial.sock is 70 bytes of the kernel's 107.
  const longest = `/${'r'.repeat(36)}`;
  assert.deepEqual(judgeSocketPaths(layoutOf(longest), byteLength), []);
  const [problem] = judgeSocketPaths(layoutOf(`${longest}r`), byteLength);
  assert.match(problem?.rule ?? '', /^must be 1 bytes shorter/);
  assert.equal(problem?.value, `${longest}r`);
});

test('bytes are counted, not characters', () => {
  assert.equal(judgeSocketPaths(layoutOf(`/${'ü'.repeat(30)}`), byteLength).length, 1);
});

test('every directory that shuts QEMU out is named with its fix', () => {
  const directories = [
    { path: '/', mode: 0o755, uid: 0, gid: 0 },
    { path: '/root', mode: 0o700, uid: 0, gid: 0 },
    { path: '/root/x', mode: 0o750, uid: 0, gid: 0 },
  ];
  const problems = judgeWay(directories, ACCOUNT);
  assert.deepEqual(
    problems.map((problem) => problem.path),
    ['/root', '/root/x'],
  );
  const check = judgeRoot('/root/x', problems);
  // The mode once.
  assert.equal(check.detail.split('\n')[0], '/root: must let lodge-qemu in, got "0700"');
  assert.deepEqual([check.status, check.fix], ['fail', 'chmod o+x /root /root/x']);
});

test('the first class that fits decides: owner, then group, then others', () => {
  const enters = (mode: number, uid: number, gid: number) =>
    judgeWay([{ path: '/d', mode, uid, gid }], ACCOUNT).length === 0;
  assert.equal(enters(0o711, 0, 0), true);
  assert.equal(enters(0o710, 0, 104), true);
  assert.equal(enters(0o701, 0, 104), false, 'the group is refused although others are let in');
  assert.equal(enters(0o077, 995, 0), false, 'so is the owner');
});

test('a root that can be used', () => {
  assert.equal(judgeRoot('', []).status, 'ok');
});
