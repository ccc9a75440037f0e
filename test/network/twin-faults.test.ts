import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MacAddress } from '../../src/base/address.ts';
import type { NetworkChange, RouteChange } from '../../src/model/network-change.ts';
import type { NetworkStep, ProofCheck } from '../../src/model/network-plan.ts';
import { step } from '../../src/plan/layout/steps.ts';
import { type ProofInput, proveInTwin } from '../../src/twin/prove.ts';
import { TWIN_HOST, TWIN_HOST_WITH_VIRTUAL_MAC, twinFacts } from '../support/twin-host.ts';
import { inverseOf, proofInput } from '../support/twin-plan.ts';

function routed(ipv6: 'routed' | 'on-link' = 'routed'): ProofInput {
  const host = { ...TWIN_HOST, ipv6: TWIN_HOST.ipv6 === null ? null : { ...TWIN_HOST.ipv6, mode: ipv6 } };
  return proofInput('routed', host, twinFacts(host), { arp: 'asks', ipv6 });
}

/** Without arp_ignore, which has a test of its own: what it does to an address with a peer would hide the planted fault. */
function bridged(): ProofInput {
  const host = TWIN_HOST_WITH_VIRTUAL_MAC;
  const input = proofInput('bridged', host, twinFacts(host), { arp: 'asks', ipv6: 'routed' });
  return withSteps(
    input,
    input.steps.filter(({ change }) => change.kind !== 'set-sysctl' || !change.path.endsWith('arp_ignore')),
  );
}

function withSteps(input: ProofInput, steps: readonly NetworkStep[]): ProofInput {
  return { ...input, steps, inverse: inverseOf(steps) };
}

/** The red check of that id, with its cause. */
function redOne(checks: readonly ProofCheck[], id: string): string {
  const check = checks.find((candidate) => candidate.id === id);
  assert.ok(check !== undefined, `there is no check ${id} among ${checks.map((one) => one.id).join(', ')}`);
  assert.equal(check.isGreen, false, `${id} is green: ${check.summary}`);
  return check.cause ?? '';
}

const unguarded = (steps: readonly NetworkStep[]) => steps.filter(({ change }) => change.kind !== 'load-guard');

test('a bridge with a MAC of its own is named as what the provider sees', async () => {
  const input = bridged();
  const steps = unguarded(input.steps).map((one) =>
    one.change.kind === 'add-bridge' ? { ...one, change: { ...one.change, mac: '02:4d:ad:e0:00:01' } } : one,
  );
  const checks = await proveInTwin(withSteps(input, steps));
  const words = "br0 has 02:4d:ad:e0:00:01, not eth0's 02:00:00:aa:00:10: it was created without a pinned MAC";
  assert.match(redOne(checks, 'foreign-mac'), new RegExp(words));
  assert.match(redOne(checks, 'loss-ipv4'), new RegExp(`it did not come back: ${words}`));
  assert.match(redOne(checks, 'host-ipv4'), new RegExp(words));
});

test('a bridge without a pinned MAC takes the one of the first guest: the guard stops it, and it is named', async () => {
  const input = bridged();
  const onStep: ProofInput['onStep'] = async ({ change }, twin) => {
    if (change.kind !== 'add-bridge') return;
    await twin.spaces.setUp('host', {
      ip: ['link delete br0', 'link add br0 type bridge stp_state 0 forward_delay 0'],
    });
  };
  const checks = await proveInTwin({ ...input, onStep });
  const words = /br0 has 00:00:5e:00:53:81, not eth0's 02:00:00:aa:00:10: it was created without a pinned MAC/;
  assert.match(redOne(checks, 'foreign-mac'), words);
  assert.match(redOne(checks, 'host-ipv4'), words);
  assert.equal(checks.find(({ id }) => id === 'loss-ipv4')?.isGreen, true, 'it went well until a guest came');
});

function routeLeftOnUplink(steps: readonly NetworkStep[]): NetworkStep[] {
  return steps.map((one) => {
    const { change } = one;
    if (change.kind !== 'replace-route' || change.route.family !== 'ipv4') return one;
    return { ...one, change: { ...change, route: { ...change.route, link: 'eth0' } } };
  });
}

test('a default route that stays on the uplink leads to a port of the bridge, which no program complains of', async () => {
  const input = bridged();
  const steps = routeLeftOnUplink(input.steps).filter(({ change }) => change.kind !== 'remove-address');
  const checks = await proveInTwin({ ...withSteps(input, steps), guests: [] });
  assert.match(
    redOne(checks, 'route-over-port'),
    /eth0 is a port of br0, and routes still lead to it: default via 192\.0\.2\.193 dev eth0/,
  );
});

test("a default route that stays on the uplink goes with the uplink's last address", async () => {
  const input = bridged();
  const checks = await proveInTwin({ ...withSteps(input, routeLeftOnUplink(input.steps)), guests: [] });
  assert.match(redOne(checks, 'host-ipv4'), /there is no default route in IPv4/);
  assert.match(redOne(checks, 'loss-ipv4'), /it did not come back: there is no default route in IPv4/);
});

test('a route command with `dev eth0` that fails on the bridge is told with what is behind it', async () => {
  const input = bridged();
  const hack: RouteChange = {
    family: 'ipv4',
    destination: '192.0.2.192/26',
    type: 'unicast',
    via: '192.0.2.193',
    link: 'eth0',
    source: null,
    metric: null,
    isOnLink: false,
    scope: null,
    protocol: null,
  };
  const steps = [...input.steps, step({ kind: 'add-route', route: hack }, 'as the old file says')];
  const checks = await proveInTwin(withSteps(input, steps));
  const cause = redOne(checks, 'steps');
  assert.match(cause, /dev eth0/);
  assert.match(cause, /eth0 is a port of br0, which has the addresses and the routes; dev eth0 is left over/);
  assert.equal(checks.find(({ id }) => id === 'back-state')?.isGreen, true, 'half a plan is taken back as well');
});

test('a missing neighbour proxy entry is named with its address and link, in each family', async () => {
  const input = routed('on-link');
  const guests = input.guests.map((guest) => ({
    ...guest,
    changes: guest.changes.filter(({ kind }) => kind !== 'add-proxy'),
  }));
  const checks = await proveInTwin({ ...input, guests });
  assert.match(redOne(checks, 'guest-ipv4-in-guest1'), /no neighbour proxy entry for 198\.51\.100\.20 on eth0/);
  assert.match(redOne(checks, 'guest-ipv6-in-guest1'), /no neighbour proxy entry for 2001:db8:1:2::a1 on eth0/);
});

test('an entry without proxy_ndp is of no use, and the setting is named', async () => {
  const input = routed('on-link');
  const steps = input.steps.filter(({ change }) => change.kind !== 'set-sysctl' || !change.path.endsWith('proxy_ndp'));
  const checks = await proveInTwin({ ...withSteps(input, steps), guests: input.guests.slice(0, 1) });
  assert.match(redOne(checks, 'guest-ipv6-in-guest1'), /net\/ipv6\/conf\/eth0\/proxy_ndp is 0/);
});

test('proxy_arp on the uplink answers for what is not ours, and a missing arp_ignore for inner links', async () => {
  const input = routed();
  const proxyArp: NetworkChange = { kind: 'set-sysctl', path: 'net/ipv4/conf/eth0/proxy_arp', value: '1', before: '0' };
  const steps = input.steps.filter(({ change }) => change.kind !== 'set-sysctl' || !change.path.endsWith('arp_ignore'));
  const checks = await proveInTwin(withSteps(input, [...steps, step(proxyArp, 'a common guide says so')]));
  const cause = redOne(checks, 'arp-inner');
  assert.match(
    cause,
    /answers ARP on eth0 for addresses that are not its own .*: net\/ipv4\/conf\/eth0\/proxy_arp is 1/,
  );
  assert.match(cause, /addresses of its inner links .*: net\/ipv4\/conf\/eth0\/arp_ignore is 0/);
});

test('arp_ignore on an uplink whose address has a peer makes the host silent, and the twin does not wait until the router forgets', async () => {
  const input = routed();
  const ignore: NetworkChange = { kind: 'set-sysctl', path: 'net/ipv4/conf/eth0/arp_ignore', value: '1', before: '0' };
  const checks = await proveInTwin({ ...withSteps(input, [step(ignore, 'as many a guide says')]), guests: [] });
  const words =
    /net\/ipv4\/conf\/eth0\/arp_ignore is 1 and 192\.0\.2\.200 is on eth0 with the peer 192\.0\.2\.193: .* does not answer ARP/;
  assert.match(redOne(checks, 'loss-ipv4'), words);
  assert.equal(checks.find(({ id }) => id === 'loss-ipv6')?.isGreen, true);
});

test('spanning tree makes the port deaf: the pings stop, and the state and the delay are named', async () => {
  const input = bridged();
  const steps = input.steps.flatMap((one) =>
    one.change.kind !== 'add-bridge'
      ? [one]
      : [
          one,
          step({ kind: 'set-bridge-option', bridge: 'br0', option: 'forward_delay', value: '1500', before: '0' }, ''),
          step({ kind: 'set-bridge-option', bridge: 'br0', option: 'stp_state', value: '1', before: '0' }, ''),
        ],
  );
  const beganMs = Date.now();
  const checks = await proveInTwin({ ...withSteps(input, steps), guests: [] });
  const words = /eth0 is in the state (listening|learning) on br0: spanning tree \(STP\) is on, .* deaf for 30 s/;
  assert.match(redOne(checks, 'loss-ipv4'), words);
  assert.match(redOne(checks, 'loss-ipv6'), words);
  assert.ok(Date.now() - beganMs < 60_000, 'nobody waits for the 30 s');
});

test('without unreachable routes an address that nobody has goes round and round', async () => {
  const input = routed();
  const isUnreachable = ({ change }: NetworkStep) => change.kind === 'add-route' && change.route.type === 'unreachable';
  const checks = await proveInTwin({
    ...withSteps(
      input,
      input.steps.filter((one) => !isUnreachable(one)),
    ),
    unused: ['203.0.113.6'],
    guests: [],
  });
  const cause = redOne(checks, 'unused-203.0.113.6');
  assert.match(cause, /no unreachable route for 203\.0\.113\.0\/29 on the host/);
  const times = Number(/sent it here (\d+) times/.exec(cause)?.[1]);
  assert.ok(times > 20, `${times} times is no loop`);
});

test('a guest with another MAC than the provider gave is named, and only it is out of reach', async () => {
  const input = bridged();
  const guests = input.guests.map((guest) => ({ ...guest, mac: '52:54:00:00:00:99' as MacAddress }));
  const checks = await proveInTwin({ ...input, guests });
  const words =
    /guest guest1 has the MAC 52:54:00:00:00:99, and the provider gave 00:50:56:00:00:11 for 198\.51\.100\.20/;
  assert.match(redOne(checks, 'guest-ipv4-in-guest1'), words);
  assert.match(redOne(checks, 'foreign-mac'), words);
  assert.equal(checks.find(({ id }) => id === 'host-ipv4')?.isGreen, true);
});

test('the naive order loses pings, and the steps in which they were lost are named', async () => {
  const input = bridged();
  const isRemoval = ({ change }: NetworkStep) => change.kind === 'remove-address';
  const steps = [...input.steps.filter(isRemoval), ...input.steps.filter((one) => !isRemoval(one))];
  const checks = await proveInTwin({ ...withSteps(input, steps), guests: [] });
  const cause = redOne(checks, 'loss-ipv4');
  assert.match(cause, /pings were lost in IPv4: the longest silence was \d+ ms, in the steps .*make before break/);
  assert.match(cause, /add-bridge/);
});
