import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { judgeMacGuard } from '../../src/plan/doctor-uplink.ts';
import {
  BRIDGE_MAC,
  FRAME_KINDS,
  foreignMac,
  type GuardWorld,
  makeGuardWorld,
  OWN_MAC,
  VIRTUAL_MAC,
} from '../support/guard-world.ts';
import { eventually } from '../support/netns.ts';

const HOOKS = ['netdev-egress', 'bridge'] as const;
const IPV4 = FRAME_KINDS.IPv4 as (from: string) => Buffer;
const BYPASS = ',setsockopt-int=263:20:1';
let world: GuardWorld;
/** No two frames of this file have the same foreign MAC: what the witness sees has one sender. */
let last = 1000;
const newForeignMac = () => foreignMac(last++);

before(async () => {
  world = await makeGuardWorld('mg');
});
beforeEach(async () => {
  for (const hook of HOOKS) await world.unload(hook);
});
afterEach(() => world.removeBridge());
after(() => world.close());

async function reading() {
  const guard = await world.read();
  assert.ok(guard !== null, 'the guard is loaded');
  return guard;
}

/** Sends by that way from a new MAC, and returns it when the guard has counted and noted it and the provider has not seen it. */
async function expectDropped(send: (mac: string) => Promise<unknown>, mac = newForeignMac()): Promise<void> {
  const { droppedFrames } = await reading();
  await send(mac);
  const guard = await eventually(`the guard counts the frame of ${mac}`, async () => {
    const guard = await reading();
    return guard.droppedFrames > droppedFrames ? guard : null;
  });
  assert.ok(guard.foreignMacs.includes(mac), `${mac} is noted: ${guard.foreignMacs.join(' ')}`);
  assert.equal((await world.seen())[mac], undefined, `the provider has not seen ${mac}`);
}

async function expectPassed(send: (mac: string) => Promise<unknown>, mac: string): Promise<void> {
  const before = { guard: await reading(), seen: (await world.seen())[mac] ?? 0 };
  await send(mac);
  await eventually(`the provider sees the frame of ${mac}`, async () => ((await world.seen())[mac] ?? 0) > before.seen);
  assert.deepEqual(await reading(), before.guard);
}

for (const [what, frame] of Object.entries(FRAME_KINDS)) {
  test(`egress: ${what} leaves with the uplink's MAC or a virtual one, and with no other`, async () => {
    await world.load('netdev-egress');
    const send = (mac: string) => world.send('host', 'up0', frame(mac));
    await expectPassed(send, OWN_MAC);
    await expectPassed(send, VIRTUAL_MAC);
    await expectDropped(send);
    await expectDropped((mac) => world.send('host', 'up0', frame(mac), BYPASS));
  });
}

for (const [what, frame] of Object.entries(FRAME_KINDS).filter(([what]) => !what.startsWith('spanning'))) {
  for (const hook of HOOKS) {
    test(`${hook}: ${what} of a guest's port on the bridge leaves with its virtual MAC, and with no other`, async () => {
      await world.load(hook);
      await world.addBridge();
      const send = (mac: string) => world.send('guest', 'eth0', frame(mac));
      await expectPassed(send, VIRTUAL_MAC);
      await expectDropped(send);
    });
  }
}

for (const hook of HOOKS) {
  test(`${hook}: a bridge whose MAC is not the uplink's is shut in, and one that has it talks`, async () => {
    await world.load(hook);
    // The kernel asks by ARP before it sends.
    const ask = () => world.spaces.run('host', 'ping', ['-c1', '-W1', '192.0.2.193'], { okExitCodes: [0, 1, 2] });
    await world.addBridge(BRIDGE_MAC);
    await expectDropped(ask, BRIDGE_MAC);
    await world.removeBridge();
    await world.addBridge(OWN_MAC);
    await expectPassed(ask, OWN_MAC);
  });

  test(`${hook}: what a bridge says for itself, as a multicast querier, is judged too`, async () => {
    await world.load(hook);
    await world.addBridge(BRIDGE_MAC);
    await expectDropped(() => world.spaces.ip('host', ['link set br0 type bridge mcast_querier 1']), BRIDGE_MAC);
  });

  test(`${hook}: spanning tree on the uplink's port has the uplink's MAC and leaves`, async () => {
    await world.load(hook);
    await world.addBridge(OWN_MAC);
    await expectPassed(() => world.spaces.ip('host', ['link set br0 type bridge stp_state 1']), OWN_MAC);
  });

  test(`${hook}: when 256 foreign MACs are noted, the frames of others are dropped and counted all the same`, async () => {
    await world.load(hook);
    await world.addBridge();
    const macs = Array.from({ length: 400 }, newForeignMac);
    await world.flood(macs.map(IPV4));
    const guard = await eventually('all are counted', async () => {
      const guard = await reading();
      return guard.droppedFrames >= macs.length ? guard : null;
    });
    assert.deepEqual([guard.droppedFrames, guard.foreignMacs.length], [400, 256]);
    const seen = await world.seen();
    assert.deepEqual(
      macs.filter((mac) => seen[mac] !== undefined),
      [],
    );
  });

  test(`${hook}: loaded anew under a flood, there is no moment without it, and it begins at zero`, async () => {
    await world.load(hook);
    await world.addBridge();
    const foreign = newForeignMac();
    const before = (await world.seen())[VIRTUAL_MAC] ?? 0;
    let isOver = false;
    const flooding = (async () => {
      while (!isOver)
        await world.flood(Array.from({ length: 4000 }, (_, at) => IPV4(at % 2 === 0 ? foreign : VIRTUAL_MAC)));
    })();
    for (let round = 0; round < 8; round++) {
      await eventually('foreign frames come in', async () => (await reading()).droppedFrames > 0);
      await world.load(hook);
    }
    isOver = true;
    await flooding;
    assert.equal((await world.seen())[foreign], undefined);
    assert.ok(((await world.seen())[VIRTUAL_MAC] ?? 0) > before);
    await world.load(hook);
    assert.deepEqual(await reading(), {
      uplink: 'up0',
      allowedMacs: [VIRTUAL_MAC, OWN_MAC],
      droppedFrames: 0,
      foreignMacs: [],
    });
  });

  test(`${hook}: a set of rules that cannot be loaded leaves the guard as it is`, async () => {
    await world.load(hook);
    await assert.rejects(world.load(hook, ['no MAC']), /COMMAND_FAILED|syntax error/);
    await world.addBridge();
    await expectDropped((mac) => world.send('guest', 'eth0', IPV4(mac)));
  });

  test(`${hook}: unloaded, nothing of it is left, also when it is unloaded twice`, async () => {
    await world.load(hook);
    assert.ok((await world.read()) !== null);
    await world.unload(hook);
    await world.unload(hook);
    assert.equal((await world.spaces.run('host', 'nft', ['list', 'ruleset'])).stdout, '');
    assert.equal(await world.read(), null);
  });
}

for (const hook of HOOKS) {
  test(`${hook}: the doctor fails while frames were kept in, names the MAC, and its fix counts anew`, async () => {
    await world.load(hook);
    await world.addBridge(BRIDGE_MAC);
    await expectDropped(() => world.spaces.ip('host', ['link set br0 type bridge mcast_querier 1']), BRIDGE_MAC);
    await world.removeBridge();
    const judge = async () => {
      const foreignMacs = (await reading()).foreignMacs.map((mac) => ({ mac, whose: null }));
      const rest = { uplink: 'up0', bridge: 'br0', isWanted: true, bootScript: '' };
      return judgeMacGuard({ ...rest, hook, guard: await reading(), foreignMacs });
    };
    const found = await judge();
    assert.equal(found.status, 'fail');
    assert.match(found.summary, new RegExp(BRIDGE_MAC));
    await world.spaces.run('host', 'sh', ['-c', found.fix ?? '']);
    assert.equal((await judge()).status, 'ok');
  });
}

test('egress: a macvlan over the uplink is judged by its own MAC', async () => {
  await world.load('netdev-egress');
  const mac = newForeignMac();
  await world.spaces.ip('host', [`link add mv0 link up0 address ${mac} type macvlan mode bridge`, 'link set mv0 up']);
  await expectDropped(() => world.send('host', 'mv0', IPV4(mac)), mac);
  await world.spaces.ip('host', ['link delete mv0']);
});

test('bridge: what is sent on the uplink itself is not seen, as its description says', async () => {
  await world.load('bridge');
  const mac = newForeignMac();
  await expectPassed(() => world.send('host', 'up0', IPV4(mac)), mac);
});

test('an uplink that was renamed has no guard, and none is said to be loaded', async () => {
  await world.load('netdev-egress');
  const rename = (from: string, to: string) =>
    world.spaces.ip('host', [`link set ${from} down`, `link set ${from} name ${to}`, `link set ${to} up`]);
  await rename('up0', 'eno1');
  assert.equal(await world.read(), null);
  await rename('eno1', 'up0');
});

test('a device that was made anew under its name is guarded again, or the guard is not said to be loaded', async () => {
  await world.load('netdev-egress');
  await world.spaces.ip('host', ['link delete up0']);
  await world.spaces.run('provider', 'nft', ['delete', 'table', 'netdev', 'witness']);
  await world.connectUplink();
  if ((await world.read()) === null) return;
  await expectDropped((mac) => world.send('host', 'up0', IPV4(mac)));
});
