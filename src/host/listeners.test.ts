import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListener } from './listeners.ts';

const read = (line: string) =>
  parseListener(line).map(({ protocol, address, family, port, program }) =>
    [protocol, address, family, port, program].join(' '),
  )[0];

test('lines of ss are read, with and without program, of both families', () => {
  const sshd = 'users:(("sshd",pid=1,fd=3))';
  assert.equal(read(`tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* ${sshd}`), 'tcp * ipv4 22 sshd');
  assert.equal(read(`tcp LISTEN 0 128 [::]:22 [::]:* ${sshd}`), 'tcp * ipv6 22 sshd');
  assert.equal(read(`tcp LISTEN 0 128 *:22 *:* ${sshd}`), 'tcp * any 22 sshd');
  assert.equal(read('udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:*'), 'udp 127.0.0.53 ipv4 53 a program');
  assert.equal(read('udp UNCONN 0 0 [fe80::1]%tap0:53 [::]:*'), 'udp fe80::1 ipv6 53 a program');
  assert.equal(read(''), undefined);
  assert.equal(read('u_str LISTEN 0 128 /run/x.sock 1 * 0'), undefined);
});
