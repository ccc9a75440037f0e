import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HostConfig } from '../../src/model/host-config.ts';
import type { HostImport } from '../../src/model/host-import.ts';
import type { NetworkPlan } from '../../src/model/network-plan.ts';
import { DELIVERED_INTERFACES, EXTRA_IPV4_OF_HOST_YAML } from '../support/delivered-host.ts';
import { HostOnWire } from '../support/host-on-wire.ts';
import {
  applyAndConfirm,
  applyUntilAsked,
  assertCleanBoot,
  lodgeJson,
  networkStatus,
  planLayout,
  redChecks,
  runningNetwork,
  withPings,
} from '../support/net-flow.ts';

// A rented server as Hetzner delivers it: ifupdown, with the route command that names eth0. The tests are one way, in this order.
const INTERFACES = '/etc/network/interfaces';
/** The brackets keep the shell that runs it from finding itself. */
const NO_LODGE = "pgrep -f '[/]opt/lodge'";
const GUARD_LOADED = 'nft list table netdev lodge_guard';

let host: HostOnWire;
let delivered: string[];

before(async () => {
  host = await HostOnWire.open();
  await host.boot();
});
after(() => host?.close());

const interfaces = async () => `${await host.run(`cat ${INTERFACES}`)}\n`;

test('the host is as delivered, and reached from outside over both families', async () => {
  await assertCleanBoot(host);
  assert.match(await host.run('ip route'), /^192\.0\.2\.192\/26 via 192\.0\.2\.193 dev eth0/m);
  assert.match(await host.run('ip -6 route'), /^default via fe80::1 dev eth0/m);
  assert.equal((await host.ssh('true', { family: 'ipv6' })).exitCode, 0);
  delivered = await runningNetwork(host);
});

test('what the provider gave is imported, and explained', async () => {
  const { config, notUnderstood } = await lodgeJson<HostImport>(host, 'net import');
  const { extraIpv4: _, ...known } = host.twin.host;
  const { extraIpv4: __, ...found } = config satisfies HostConfig;
  assert.deepEqual(found, known);
  assert.deepEqual(notUnderstood, []);
  // What a host cannot know of itself, its owner adds.
  await host.run(`sed -i '/^extraIpv4:/d' /etc/lodge/host.yaml && cat >> /etc/lodge/host.yaml <<'END'
${EXTRA_IPV4_OF_HOST_YAML}END`);
  assert.match(await host.run('lodge net explain'), /line 15 sends the host's own network 192\.0\.2\.192\/26/);
});

test('the plan to a bridge is green in the twin that the host builds of itself', async (t) => {
  const plan = await planLayout(host, 'bridged');
  const [file] = plan.files;
  assert.equal(file?.path, INTERFACES);
  assert.match(file.after ?? '', /gw 192\.0\.2\.193 dev br0$/m);
  assert.match(file.after ?? '', /^ +up echo 0 > \/proc\/sys\/net\/ipv4\/conf\/br0\/rp_filter$/m);
  const red = await redChecks(host, plan.number);
  const isLoss = ({ id }: { id: string }) => /(^|-)loss-ipv[46]$/.test(id);
  for (const { summary } of red.filter(isLoss)) t.diagnostic(`under emulation: ${summary}`);
  assert.deepEqual(
    red.filter((check) => !isLoss(check)),
    [],
  );
  assert.deepEqual(await runningNetwork(host), delivered, 'a proof touches nothing of the host');
});

test('a change that nobody confirms comes back by systemd alone, with apply and the daemon killed', async (t) => {
  const plan = await planLayout(host, 'bridged');
  await withPings(t, host, async () => {
    const { ended } = await applyUntilAsked(host, `${plan.number} --unproven --confirm-within 3min`);
    assert.match(await host.run('ip -brief address show br0'), /192\.0\.2\.200/);
    const { pid } = await lodgeJson<{ pid: number }>(host, 'daemon status');
    // Both at once: an apply that loses its daemon starts another.
    assert.equal((await host.ssh(`pkill -KILL -f '[n]et apply'; kill -KILL ${pid}; ${NO_LODGE}`)).exitCode, 1);
    await ended;
    await host.until('cat /var/lib/lodge/network/transaction/rollback.log', /done, 0 failed$/);
  });
  assert.equal((await host.ssh(NO_LODGE)).exitCode, 1, 'no Lodge ran meanwhile');
  assert.deepEqual(await runningNetwork(host), delivered);
  assert.equal(await interfaces(), DELIVERED_INTERFACES);
  const { transaction, plan: inForce } = await networkStatus(host);
  assert.equal(inForce, null);
  assert.equal(transaction?.state, 'reverted');
  assert.match(transaction.reason ?? '', /nobody confirmed it within 180 s/);
  assert.deepEqual(await host.foreignMacs(), []);
});

test('a change confirmed over a new connection is there after a reboot, with its guard before the network', async (t) => {
  const plan = await planLayout(host, 'bridged');
  await withPings(t, host, () => applyAndConfirm(host, plan.number));
  const running = await runningNetwork(host);
  assert.notDeepEqual(running, delivered);
  await host.reboot();
  await assertCleanBoot(host);
  assert.deepEqual(await runningNetwork(host), running);
  assert.equal(await host.run('cat /sys/class/net/br0/address'), host.twin.host.uplink.mac);
  assert.equal(await host.run('cat /sys/class/net/br0/bridge/stp_state'), '0');
  for (const setting of ['rp_filter', 'send_redirects'])
    assert.equal(await host.run(`cat /proc/sys/net/ipv4/conf/br0/${setting}`), '0', setting);
  assert.match(await host.run(GUARD_LOADED), /02:00:00:aa:00:10/);
  assert.ok((await exitedAt('lodge-network')) < (await startedAt('networking')), 'the guard is there before ifup runs');
  const { plan: inForce, transaction, guard } = await networkStatus(host);
  assert.deepEqual([inForce, transaction?.state], [plan.number, 'committed']);
  assert.deepEqual([guard.isLoaded, guard.foreignMacs], [true, []]);
  assert.deepEqual(await host.foreignMacs(), []);
});

test('the way back to what was delivered is a plan like any other, and outlives a reboot', async (t) => {
  const plan = await lodgeJson<NetworkPlan>(host, 'net rollback 0');
  await withPings(t, host, () => applyAndConfirm(host, plan.number));
  assert.equal(await interfaces(), DELIVERED_INTERFACES);
  assert.deepEqual(await runningNetwork(host), delivered);
  await host.reboot();
  await assertCleanBoot(host);
  assert.deepEqual(await runningNetwork(host), delivered);
  assert.equal(await interfaces(), DELIVERED_INTERFACES);
  assert.deepEqual(await host.foreignMacs(), []);
});

test('after a power cut before the confirmation the old network is back, and the host says why', async () => {
  const plan = await planLayout(host, 'bridged');
  const { ended } = await applyUntilAsked(host, `${plan.number} --unproven --confirm-within 10min`);
  await host.cutPowerAndBoot();
  await ended;
  await assertCleanBoot(host);
  assert.deepEqual(await runningNetwork(host), delivered);
  assert.equal(await interfaces(), DELIVERED_INTERFACES);
  const { transaction, plan: inForce } = await networkStatus(host);
  assert.notEqual(inForce, plan.number);
  assert.equal(transaction?.plan, plan.number);
  assert.equal(transaction.state, 'reverted');
  assert.match(transaction.reason ?? '', /restarted before it was confirmed/);
  assert.deepEqual(await host.foreignMacs(), []);
});

test('the routed layout is there after a reboot: forwarding, unreachable routes and the guard, and no file was changed', async (t) => {
  const plan = await planLayout(host, 'routed');
  assert.deepEqual(plan.files, []);
  await withPings(t, host, () => applyAndConfirm(host, plan.number));
  const running = await runningNetwork(host);
  for (const line of [
    'net.ipv4.ip_forward = 1',
    'net.ipv6.conf.all.forwarding = 1',
    'net.ipv4.conf.eth0.arp_ignore = 1',
  ])
    assert.ok(running.includes(line), `${line} in ${running.join('\n')}`);
  assert.match(running.join('\n'), /^unreachable 203\.0\.113\.0\/29/m);
  assert.match(running.join('\n'), /^unreachable 2001:db8:1:2::\/64/m);
  await host.reboot();
  await assertCleanBoot(host);
  assert.deepEqual(await runningNetwork(host), running);
  assert.match(await host.run(GUARD_LOADED), /02:00:00:aa:00:10/);
  assert.equal(await interfaces(), DELIVERED_INTERFACES);
  assert.equal((await networkStatus(host)).plan, plan.number);
  assert.deepEqual(await host.foreignMacs(), []);
});

const startedAt = async (unit: string) => monotonic(unit, 'InactiveExitTimestampMonotonic');
const exitedAt = async (unit: string) => monotonic(unit, 'ActiveEnterTimestampMonotonic');
async function monotonic(unit: string, property: string): Promise<number> {
  return Number(await host.run(`systemctl show --property=${property} --value ${unit}`));
}
