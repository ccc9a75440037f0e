import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderDaemonUnits } from './systemd-units.ts';

const [service, socket] = renderDaemonUnits({
  command: ['/opt/my lodge/node', '--disable-warning=ExperimentalWarning', '/opt/my lodge/main.ts'],
  socketPath: '/run/lodge/lodge.sock',
  group: 'lodge',
});

test('the service runs the daemon, outlived by what it has started', () => {
  assert.equal(service?.name, 'lodge.service');
  const start = 'ExecStart="/opt/my lodge/node" --disable-warning=ExperimentalWarning "/opt/my lodge/main.ts"';
  for (const line of [
    'Type=notify',
    start,
    'KillMode=process',
    'Requires=lodge.socket',
    'WantedBy=multi-user.target',
  ]) {
    assert.ok(service.text.split('\n').includes(line), line);
  }
});

test('the socket is for root and the group, and its directory is never taken away', () => {
  assert.equal(socket?.name, 'lodge.socket');
  const lines = ['ListenStream=/run/lodge/lodge.sock', 'SocketMode=0660', 'SocketGroup=lodge'];
  for (const line of lines) assert.ok(socket.text.split('\n').includes(line), line);
  assert.doesNotMatch(`${service?.text}${socket.text}`, /^(RuntimeDirectory|RemoveOnStop)=/m);
});
