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

test('a file that would be for the bridge too is refused, and the fix that is named keeps the host within reach', async (t) => {
  await assertCleanBoot(host);
  assert.equal(await host.run('systemctl is-active systemd-networkd'), 'active');
  const { config } = await lodgeJson<HostImport>(host, 'net import');
  const { uplink, ipv4, ipv6 } = host.twin.host;
  assert.deepEqual([config.uplink, config.ipv4, config.ipv6], [uplink, { ...ipv4, prefixLength: 32 }, ipv6]);
  const running = await runningNetwork(host);
  const refused = await host.ssh('lodge net plan --layout bridged');
  assert.equal(refused.exitCode, 4, refused.stdout);
  assert.match(
    refused.stderr,
    /10-eth0\.network: must not be for br0 too.*put Name=eth0 into its \[Match\], run networkctl reload/,
  );
  await withPings(t, host, async () => {
    await host.run(
      "sed -i 's/^\\[Match\\]/&\\nName=eth0/' /etc/systemd/network/10-eth0.network && networkctl reload && sleep 10",
    );
  });
  assert.deepEqual(await runningNetwork(host), running);
});

test('a bridge confirmed on a host of networkd is there after a reboot', async (t) => {
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

test('a foreign MAC gets as far as the guard, and to the provider only where there is none', async () => {
  const foreign = '02:00:00:00:00:99';
  // It makes itself known by IPv6 as soon as it is up.
  const speak = `ip link add mv0 link br0 address ${foreign} type macvlan && ip link set mv0 up && sleep 3 && ip link delete mv0`;
  await host.run(speak);
  assert.deepEqual((await networkStatus(host)).guard.foreignMacs, [foreign]);
  assert.deepEqual(await host.foreignMacs(), []);
  await host.run('nft delete table netdev lodge_guard');
  await host.run(speak);
  assert.deepEqual(await host.foreignMacs(), [foreign], 'the switch sees what it has to');
});
