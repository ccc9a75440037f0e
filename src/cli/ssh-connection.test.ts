import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { findSshConnection, loginWords } from './ssh-connection.ts';

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

test('a login goes where this session came to, else to an address of the internet, else to the name', () => {
  const addresses = ['10.83.0.1', '100.64.0.9', '172.20.0.1', '2001:db8::7', 'fe80::1', '198.51.100.2', '192.168.1.2'];
  const login = (connection: string | null, own = addresses) => loginWords(connection, own, 'rented');
  assert.equal(login(CONNECTION), 'ssh root@192.0.2.200');
  assert.equal(login('198.51.100.7 50111 2001:db8::5 2222'), 'ssh -p 2222 root@2001:db8::5');
  assert.equal(login(null), 'ssh root@198.51.100.2');
  assert.equal(login('127.0.0.1 50111 127.0.0.1 2222'), 'ssh root@198.51.100.2', 'through a tunnel');
  assert.equal(login('::1 50111 ::1 22', ['10.0.0.1', '2001:db8::7']), 'ssh root@2001:db8::7');
  assert.equal(login(null, ['10.0.0.1', 'fe80::1', '169.254.1.1', '127.0.0.1', '::1']), 'ssh root@rented');
  assert.equal(loginWords(null, [], 'rented', '-N -L 1:/x'), 'ssh -N -L 1:/x root@rented');
});
