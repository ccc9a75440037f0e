import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeServiceManager } from './service-manager.ts';

test('what systemd handed over is taken once, and no child of ours sees it', () => {
  const env = { LISTEN_PID: '7', LISTEN_FDS: '1', LISTEN_FDNAMES: 'x', NOTIFY_SOCKET: '/run/n', PATH: '/bin' };
  assert.deepEqual(takeServiceManager(env, 7), { socketFd: 3, notifySocket: '/run/n' });
  assert.deepEqual(env, { PATH: '/bin' });
});

test('a socket handed to another process, or none, is not ours', () => {
  assert.equal(takeServiceManager({ LISTEN_PID: '8', LISTEN_FDS: '1' }, 7).socketFd, null);
  assert.equal(takeServiceManager({ LISTEN_PID: '7', LISTEN_FDS: '0' }, 7).socketFd, null);
  assert.deepEqual(takeServiceManager({}, 7), { socketFd: null, notifySocket: null });
});
