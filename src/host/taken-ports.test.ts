import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { listTakenPorts, parseSockets } from './taken-ports.ts';

test('what listens is found, in both protocols and families; a connection is no listener', async () => {
  for (const host of ['127.0.0.1', '::1']) {
    const server = createServer().listen(0, host);
    const [listening] = await Promise.race([
      once(server, 'listening').then(() => [true]),
      once(server, 'error').then(() => [false]),
    ]);
    // A machine without IPv6 has nothing to find there.
    if (listening !== true) continue;
    const { port } = server.address() as AddressInfo;
    assert.ok((await listTakenPorts()).has(port), host);
    const client = connect(port, host);
    await once(client, 'connect');
    assert.ok(!(await listTakenPorts()).has((client.address() as AddressInfo).port), 'the client');
    client.destroy();
    server.close();
  }
  const udp = createSocket('udp4').bind(0, '127.0.0.1');
  await once(udp, 'listening');
  assert.ok((await listTakenPorts()).has(udp.address().port));
  udp.close();
});

test('lines of the kernel', () => {
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
  const line = (port: string, state: string) =>
    `   0: 0100007F:${port} 00000000:0000 ${state} 00000000:00000000 00:00000000 0\n`;
  assert.deepEqual(parseSockets(head + line('0035', '0A') + line('0016', '01'), false), [53]);
  assert.deepEqual(parseSockets(head + line('0043', '07') + line('0044', '01'), true), [67, 68]);
  assert.deepEqual(parseSockets('', true), []);
});
