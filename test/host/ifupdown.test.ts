import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HostOnWire } from '../support/host-on-wire.ts';

// A rented server as Hetzner delivers it: ifupdown, with the route command that names eth0.
let host: HostOnWire;

before(async () => {
  host = await HostOnWire.open();
  await host.boot();
});
after(() => host?.close());

test('the host is as delivered, and reached from outside over both families', async () => {
  assert.equal(await host.run('systemctl is-active networking.service systemd-udevd.service'), 'active\nactive');
  assert.equal(await host.run('systemctl --failed --no-legend'), '');
  assert.match(await host.run('ip route'), /^192\.0\.2\.192\/26 via 192\.0\.2\.193 dev eth0/m);
  assert.match(await host.run('ip -6 route'), /^default via fe80::1 dev eth0/m);
  assert.equal((await host.ssh('true', { family: 'ipv6' })).exitCode, 0);
  assert.deepEqual(await host.foreignMacs(), []);
});
