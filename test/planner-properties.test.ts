import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { renderPlanText } from '../src/api/network-plan-text.ts';
import { invertChange, type NetworkChange } from '../src/model/network-change.ts';
import type { NetworkFacts } from '../src/model/network-facts.ts';
import { NETWORK_LAYOUTS, type NetworkLayout, type NetworkPlan } from '../src/model/network-plan.ts';
import { checkFiles } from '../src/plan/layout/check-files.ts';
import { predictFacts } from '../src/plan/layout/predict.ts';
import { intentOf } from '../src/plan/network-intent.ts';
import { renderRollbackScript } from '../src/render/network-script.ts';
import { type Delivered, deliveredHost } from './support/delivered-arbitrary.ts';
import { planFixture } from './support/network-fixtures.ts';
import { propertyRuns } from './support/property-runs.ts';

type Planned = Delivered & { asked: NetworkLayout; plan: NetworkPlan };

const layout = fc.constantFrom(...NETWORK_LAYOUTS);

/** Tries the rules on every host that can be planned for; one that is refused has to be told why. */
function ofEveryPlan(check: (planned: Planned) => void): void {
  let planned = 0;
  const runs = propertyRuns(300);
  fc.assert(
    fc.property(deliveredHost, layout, (delivered, asked) => {
      const reading = planFixture({ name: 'any', ...delivered }, asked);
      if (!reading.ok) {
        for (const { path, rule } of reading.problems) assert.match(`${path}: ${rule}`, /^[\w.[\]/ -]+: must /);
        return assert.ok(reading.problems.length > 0);
      }
      planned += 1;
      check({ ...delivered, asked, plan: { ...reading.plan, number: 1 } });
    }),
    runs,
  );
  // A property of nothing would hold as well.
  assert.ok(planned > runs.numRuns / 3, `only ${planned} of ${runs.numRuns} were planned`);
}

test('the guard comes first and lets out the uplink’s MAC and the provider’s virtual ones, and no other', () => {
  ofEveryPlan(({ host, plan }) => {
    const first = plan.steps[0]?.change;
    assert.ok(first?.kind === 'load-guard');
    const virtual = host.extraIpv4.flatMap((extra) => (extra.kind === 'single' ? (extra.mac ?? []) : []));
    assert.deepEqual([...first.allowedMacs].sort(), [...new Set([host.uplink.mac, ...virtual])].sort());
    assert.deepEqual(plan.atBoot.early, [first]);
  });
});

test('at every moment the host has its addresses and a way to each internet that it had', () => {
  ofEveryPlan(({ facts, plan }) => {
    const reach = (now: NetworkFacts) => [
      ...new Set(now.addresses.filter(({ scope }) => scope === 'global').map(({ address }) => address)),
      ...new Set(now.routes.filter(({ destination }) => destination === 'default').map(({ family }) => family)),
    ];
    const before = new Set(reach(facts));
    const changes = plan.steps.map(({ change }) => change);
    for (const way of [changes, [...changes, ...changes.toReversed().map(invertChange)]]) {
      let now = facts;
      for (const change of way) {
        now = predictFacts(now, [change]);
        assert.deepEqual(
          [...before].filter((one) => !reach(now).includes(one)),
          [],
          JSON.stringify(change),
        );
      }
    }
  });
});

test('the steps and then their inverses lead back to the facts', () => {
  ofEveryPlan(({ facts, plan }) => {
    const changes = plan.steps.map(({ change }) => change);
    const back = predictFacts(predictFacts(facts, changes), changes.toReversed().map(invertChange));
    assert.deepEqual(sorted(back.addresses), sorted(facts.addresses));
    assert.deepEqual(sorted(madeRoutes(back)), sorted(madeRoutes(facts)));
    assert.deepEqual(
      sorted(back.links.map(({ name, mac, master }) => ({ name, mac, master }))),
      sorted(facts.links.map(({ name, mac, master }) => ({ name, mac, master }))),
    );
    assert.deepEqual(back.firewall.guard, facts.firewall.guard);
    for (const [path, value] of Object.entries(facts.sysctls)) assert.equal(back.sysctls[path], value, path);
  });
});

test('the rules of the wire: no proxy for everything, a bridge with its MAC and without STP, nothing unused that loops', () => {
  ofEveryPlan(({ host, plan }) => {
    for (const { change } of plan.steps) {
      if (change.kind === 'set-sysctl') assert.doesNotMatch(change.path, /proxy_arp$|proxy_arp_pvlan$/);
      if (change.kind === 'set-bridge-option' && change.option === 'stp_state') assert.equal(change.value, '0');
      if (change.kind !== 'add-bridge') continue;
      const isUplinks = change.mac === host.uplink.mac;
      assert.equal(isUplinks, plan.layout === 'bridged');
    }
    const unreachable = plan.steps.flatMap(({ change }) =>
      change.kind === 'add-route' && change.route.type === 'unreachable' ? [change.route.destination] : [],
    );
    const routedHere = host.extraIpv4.flatMap((extra) => (extra.kind === 'single' ? [] : [extra.prefix]));
    for (const prefix of routedHere) assert.ok(isLedSomewhere(prefix, plan, unreachable), `${prefix} would loop`);
  });
});

test('no route takes neighbours away: of a bridged prefix on the link nothing is unreachable, nor an address of the host', () => {
  ofEveryPlan(({ host, facts, plan }) => {
    const own = facts.addresses.map(({ address }) => `${address}/32`);
    for (const { change } of plan.steps) {
      if (change.kind !== 'add-route' || change.route.type !== 'unreachable') continue;
      const { destination } = change.route;
      assert.ok(!own.includes(destination), destination);
      if (plan.layout === 'bridged' && host.ipv6?.mode === 'on-link') assert.notEqual(destination, host.ipv6.prefix);
    }
  });
});

test('the files say what runs when the plan is done, and a plan without its files does not', () => {
  ofEveryPlan(({ facts, plan }) => {
    if (plan.files.length === 0) return;
    const files = new Map(facts.files.map((file) => [file.path, file]));
    for (const { path, after, mode } of plan.files) {
      if (after === null) files.delete(path);
      else files.set(path, { path, text: after, mode });
    }
    const predicted = predictFacts(
      facts,
      plan.steps.map(({ change }) => change),
    );
    const atBoot = [...plan.atBoot.early, ...plan.atBoot.late];
    const intent = intentOf({ ...facts, files: [...files.values()] });
    assert.deepEqual(checkFiles(intent, atBoot, predicted), []);
    assert.deepEqual(intent.notUnderstood, [], 'what Lodge writes it understands');
    if (plan.layout === 'bridged') assert.notDeepEqual(checkFiles(intentOf(facts), atBoot, predicted), []);
  });
});

test('the same input gives the same plan, and every plan can be read and taken back by a script', () => {
  ofEveryPlan(({ host, facts, asked, plan }) => {
    const again = planFixture({ name: 'again', host, facts }, asked);
    assert.deepEqual(again, { ok: true, plan: withoutNumber(plan) });
    const text = renderPlanText(plan);
    for (const { why } of plan.steps) assert.ok(text.includes(why), why);
    assert.match(renderRollbackScript(plan), /^#!\/bin\/sh\n/);
  });
});

test('a gateway that the running default route does not have is refused, and that one alone is named', () => {
  ofEveryPlan(({ host, facts, asked }) => {
    const { ipv4, ipv6 } = host;
    const wrong = {
      ...host,
      ipv4: ipv4 === null ? null : { ...ipv4, gateway: '192.0.2.99' },
      ipv6: ipv6 === null ? null : { ...ipv6, gateway: 'fe80::99' },
    } as typeof host;
    const reading = planFixture({ name: 'wrong', host: wrong, facts }, asked);
    assert.ok(!reading.ok);
    const running = facts.routes.filter(({ destination }) => destination === 'default');
    assert.deepEqual(
      reading.problems.map(({ path, rule }) => `${path} ${rule.split(',')[0]}`),
      running.map(({ family, via }) => `host.yaml ${family}.gateway must be ${via}`),
    );
  });
});

/** A prefix is led to a bridge that serves it, or nowhere: never back to the provider. */
function isLedSomewhere(prefix: string, plan: NetworkPlan, unreachable: readonly string[]): boolean {
  if (unreachable.includes(prefix)) return true;
  return plan.steps.some(({ change }) => change.kind === 'add-address' && isOfPrefix(change, prefix));
}

function isOfPrefix(change: Extract<NetworkChange, { kind: 'add-address' }>, prefix: string): boolean {
  const [network = ''] = prefix.split('/');
  return change.address.address.split('.').slice(0, 3).join('.') === network.split('.').slice(0, 3).join('.');
}

/** Routes that the kernel makes for addresses are not predicted: it makes them again. */
function madeRoutes({ routes }: NetworkFacts): object[] {
  return routes.filter(({ protocol }) => protocol !== 'kernel').map(({ flags, scope, ...route }) => route);
}

function sorted(list: readonly object[]): string[] {
  return list.map((one) => JSON.stringify(one, Object.keys(one).sort())).sort();
}

function withoutNumber({ number, ...plan }: NetworkPlan): Omit<NetworkPlan, 'number'> {
  return plan;
}
