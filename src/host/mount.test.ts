import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findMount, observeMount } from './mount.ts';

const MOUNTINFO = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 254:1 / /var rw,nodev,noexec,relatime - ext4 /dev/vdb rw
31 30 0:40 / /var/a\\040b ro,relatime shared:5 master:1 - tmpfs none rw,size=10k
32 30 0:41 / /var/over rw - ext4 /dev/one rw
33 30 0:42 / /var/over rw - ext4 /dev/two ro,errors=remount-ro
`;

test('the mount that a path is on: the longest point above it, of several on one point the last', () => {
  assert.deepEqual(findMount(MOUNTINFO, '/variable'), {
    point: '/',
    source: '/dev/vda',
    options: ['rw', 'relatime', 'rw'],
  });
  assert.deepEqual(findMount(MOUNTINFO, '/var/lib/lodge')?.options, ['rw', 'nodev', 'noexec', 'relatime', 'rw']);
  assert.equal(findMount(MOUNTINFO, '/var/a b/c')?.point, '/var/a b');
  assert.deepEqual(findMount(MOUNTINFO, '/var/over')?.options, ['rw', 'ro', 'errors=remount-ro']);
  assert.equal(findMount('', '/'), null);
});

test('a path that is not there yet is on the mount of its parent', async () => {
  assert.deepEqual(await observeMount('/proc/nowhere/at/all'), await observeMount('/proc'));
  assert.equal((await observeMount('/proc'))?.point, '/proc');
});
