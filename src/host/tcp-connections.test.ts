import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { listTcpConnections, parseConnection } from './tcp-connections.ts';

test('a connection is told as sshd tells it: the other end first', () => {
  assert.deepEqual(parseConnection('0      0      192.0.2.200:22      198.51.100.7:50112'), [
    '198.51.100.7 50112 192.0.2.200 22',
  ]);
  assert.deepEqual(parseConnection('0 36 [::ffff:192.0.2.200]:22 [::ffff:198.51.100.7]:50112'), [
    '198.51.100.7 50112 192.0.2.200 22',
  ]);
  assert.deepEqual(parseConnection('0 0 [fe80::2%eth0]:22 [fe80::1%eth0]:4000'), ['fe80::1%eth0 4000 fe80::2%eth0 22']);
  assert.deepEqual(parseConnection(''), []);
});

test('a connection that is made is in the list', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const client = connect(port, '127.0.0.1');
  await once(client, 'connect');
  assert.ok((await listTcpConnections()).includes(`127.0.0.1 ${client.localPort} 127.0.0.1 ${port}`));
  client.destroy();
  server.close();
});
