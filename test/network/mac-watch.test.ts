import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { routes } from '../../src/api/routes.ts';
import type { DoctorReport } from '../../src/api/types.ts';
import { openStore } from '../../src/store/store.ts';
import { ApplyWorld } from '../support/apply-world.ts';
import { FRAME_KINDS } from '../support/guard-world.ts';
import { eventually } from '../support/netns.ts';
import { BRIDGED, UPLINK_MAC } from '../support/network-changes.ts';

/** A real daemon on a host that was bridged by a plan: what it tells of a guest with a MAC of its own. */
const FOREIGN = '02:66:00:00:00:07';
let world: ApplyWorld;

before(async () => {
  world = await ApplyWorld.open('lgmw');
  await world.daemon();
  const plan = await world.addPlan(BRIDGED, { atBoot: { early: BRIDGED.slice(0, 1), late: [] } });
  const begun = await world.apply(plan.number);
  await world.waiting(begun.operation.id);
  await world.confirm(begun.token);
  const { namespaces } = world.lodge;
  await namespaces.add('guest');
  // Its kernel talks of itself in IPv6 alone.
  await namespaces.sysctl('guest', 'net.ipv6.conf.default.disable_ipv6', '1');
  await namespaces.connect('host', 'vnet9', 'guest', 'eth0');
  await namespaces.ip('host', ['link set vnet9 master br0']);
});
after(() => world.close());

async function metrics(): Promise<string[]> {
  const { stdout } = await world.lodge.run(['api', 'GET', routes.metrics]);
  return stdout.split('\n').filter((line) => line.startsWith('lodge_mac_guard'));
}

async function check(id: string) {
  const { checks } = await world.api.request<DoctorReport>('POST', routes.doctor, {});
  return checks.find((one) => one.id === id) ?? assert.fail(`no check ${id}`);
}

/** Read from the database: the stream of events has no end. */
function alarms() {
  const store = openStore(world.lodge.layout.database);
  try {
    return store.events.since(0).flatMap((event) => (event.type === 'network.foreign-mac' ? [event] : []));
  } finally {
    store.close();
  }
}

test('while nothing foreign tried to leave, the guard is said to be well', async () => {
  assert.deepEqual(await metrics(), [
    'lodge_mac_guard_dropped_frames_total{uplink="eth0"} 0',
    'lodge_mac_guard_foreign_macs{uplink="eth0"} 0',
    'lodge_mac_guard_loaded{uplink="eth0"} 1',
  ]);
  assert.equal((await check('mac-guard')).status, 'ok');
});

test('what lodge net explain calls an alarm is a point of the doctor: the plan of this test has left the files as they were', async () => {
  const { status, detail } = await check('network');
  assert.equal(status, 'warn');
  assert.match(detail, /interfaces, line 4 sets the route default over eth0, which is a port of br0/);
});

test('a guest with a MAC of its own: event, metrics, doctor and status tell before the provider could', async () => {
  const frame = FRAME_KINDS.ARP?.(FOREIGN) ?? assert.fail();
  await world.lodge.namespaces.run('guest', 'socat', ['-u', 'STDIN', 'INTERFACE:eth0'], { input: frame });
  const [event] = await eventually('the daemon tells', () => (alarms().length > 0 ? alarms() : null), 20_000);
  const named = event?.macs.find(({ mac }) => mac === FOREIGN);
  assert.deepEqual(named, { mac: FOREIGN, whose: 'something behind port vnet9 of br0' });
  assert.deepEqual([event?.uplink, (event?.frames ?? 0) > 0], ['eth0', true]);
  assert.match(event?.meaning ?? '', /^the provider has not seen them; /);
  const [dropped = ''] = await metrics();
  assert.ok(Number(dropped.split(' ')[1]) > 0, dropped);
  const found = await check('mac-guard');
  assert.equal(found.status, 'fail');
  assert.match(found.summary, new RegExp(`${FOREIGN} \\(something behind port vnet9 of br0\\)`));
  assert.ok((await world.status()).guard.foreignMacs.includes(FOREIGN));
});

test('a guard that another program flushed is missed by metrics and doctor, and the fix brings it back', async () => {
  const { namespaces } = world.lodge;
  await namespaces.run('host', 'nft', ['delete', 'table', 'netdev', 'lodge_guard']);
  assert.deepEqual(await metrics(), ['lodge_mac_guard_loaded{uplink="eth0"} 0']);
  const found = await check('mac-guard');
  assert.equal(found.status, 'warn');
  await namespaces.run('host', 'sh', ['-c', found.fix ?? '']);
  assert.equal((await check('mac-guard')).status, 'ok');
  assert.match((await check('mac-guard')).detail, new RegExp(UPLINK_MAC));
});
