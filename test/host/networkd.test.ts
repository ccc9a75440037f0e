import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HostImport } from '../../src/model/host-import.ts';
import { NETWORKD_SCRIPT } from '../support/delivered-host.ts';
import { HostOnWire } from '../support/host-on-wire.ts';
import {
  applyAndConfirm,
  assertCleanBoot,
  lodgeJson,
  networkStatus,
  planLayout,
  runningNetwork,
  withPings,
} from '../support/net-flow.ts';

// A rented server whose network is systemd-networkd's, as Debian's cloud images have it.
let host: HostOnWire;

before(async () => {
  host = await HostOnWire.open();
  await host.boot();
  await host.run(NETWORKD_SCRIPT);
  await host.reboot();
});
after(() => host?.close());

test('a bridge confirmed on a host of networkd is there after a reboot, with no moment out of reach before', async (t) => {
  await assertCleanBoot(host);
  assert.equal(await host.run('systemctl is-active systemd-networkd'), 'active');
  const { config } = await lodgeJson<HostImport>(host, 'net import');
  assert.deepEqual({ ...config, extraIpv4: [] }, { ...host.twin.host, provider: config.provider, extraIpv4: [] });
  const plan = await planLayout(host, 'bridged');
  assert.equal(plan.owner, 'networkd');
  await withPings(t, host, () => applyAndConfirm(host, plan.number));
  const running = await runningNetwork(host);
  await host.reboot();
  await assertCleanBoot(host);
  assert.deepEqual(await runningNetwork(host), running);
  assert.equal(await host.run('cat /sys/class/net/br0/address'), host.twin.host.uplink.mac);
  const { plan: inForce, guard } = await networkStatus(host);
  assert.deepEqual([inForce, guard.isLoaded, guard.foreignMacs], [plan.number, true, []]);
  assert.deepEqual(await host.foreignMacs(), []);
});
