import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { findSshConnection } from './ssh-connection.ts';

const CONNECTION = '198.51.100.7 50111 192.0.2.200 22';

test('the environment is asked first', async () => {
  assert.equal(await findSshConnection({ SSH_CONNECTION: CONNECTION }, 0), CONNECTION);
  assert.equal(await findSshConnection({}, 0), null);
});

test('what sudo has taken out of the environment is found at a process above', async () => {
  // A shell that has it, and in it a program that has not, as under sudo.
  const script = 'env -u SSH_CONNECTION sh -c "sleep 60 & echo \\$!; wait"; true';
  const child = spawn('sh', ['-c', script], { env: { ...process.env, SSH_CONNECTION: CONNECTION }, detached: true });
  try {
    const pid = await new Promise<number>((resolve) => child.stdout.once('data', (data) => resolve(Number(data))));
    assert.equal(await findSshConnection({}, pid), CONNECTION);
  } finally {
    process.kill(-Number(child.pid), 'SIGKILL');
  }
});
