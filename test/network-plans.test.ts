import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderPlanText } from '../src/api/network-plan-text.ts';
import { invertChange } from '../src/model/network-change.ts';
import { NETWORK_LAYOUTS } from '../src/model/network-plan.ts';
import { checkFiles } from '../src/plan/layout/check-files.ts';
import { predictFacts } from '../src/plan/layout/predict.ts';
import { intentOf } from '../src/plan/network-intent.ts';
import { planRollback } from '../src/plan/plan-rollback.ts';
import { networkFixture, networkFixtures, planFixture, requirePlan } from './support/network-fixtures.ts';

const GOLDEN = join(import.meta.dirname, 'golden/network-plans');

for (const name of networkFixtures()) {
  for (const layout of NETWORK_LAYOUTS) {
    test(`the plan of ${name} to ${layout} is the one that was read and found good`, (context) => {
      const reading = planFixture(networkFixture(name), layout);
      const text = reading.ok
        ? renderPlanText(reading.plan)
        : `refused:\n${reading.problems.map(({ path, rule, value }) => `  ${path}: ${rule}, got ${JSON.stringify(value)}\n`).join('')}`;
      context.assert.fileSnapshot(text, join(GOLDEN, `${name}.${layout}.txt`), { serializers: [String] });
    });
  }
}

const PLANS = networkFixtures().flatMap((name) =>
  NETWORK_LAYOUTS.flatMap((layout) => {
    const fixture = networkFixture(name);
    return planFixture(fixture, layout).ok ? [{ fixture, layout, plan: requirePlan(fixture, layout) }] : [];
  }),
);

test('the guard is the first step of every plan, and its inverse the last one back', () => {
  for (const { plan } of PLANS) {
    assert.equal(plan.steps[0]?.change.kind, 'load-guard');
    assert.deepEqual(plan.atBoot.early, [plan.steps[0]?.change]);
  }
});

test('every bridge has its MAC from the step that makes it; one over the uplink has the uplink’s', () => {
  for (const { plan, fixture, layout } of PLANS) {
    for (const { change } of plan.steps) {
      if (change.kind !== 'add-bridge') continue;
      assert.match(change.mac, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
      assert.equal(change.mac === fixture.host.uplink.mac, layout === 'bridged');
    }
  }
});

test('no plan ever makes the uplink answer for all addresses, and none loses an address before it is elsewhere', () => {
  for (const { plan } of PLANS) {
    const added = new Set<string>();
    for (const { change } of plan.steps) {
      if (change.kind === 'set-sysctl') assert.doesNotMatch(change.path, /proxy_arp$/);
      if (change.kind === 'add-address') added.add(change.address.address);
      if (change.kind === 'remove-address') assert.ok(added.has(change.address.address), change.address.address);
    }
  }
});

test('ids are unique, and every change is undone by its inverse twice over', () => {
  for (const { plan } of PLANS) {
    const ids = plan.steps.map(({ id }) => id);
    assert.deepEqual([...new Set(ids)], ids);
    for (const { change } of plan.steps) assert.deepEqual(invertChange(invertChange(change)), change);
  }
});

test('the steps and then their inverses lead back to the facts', () => {
  for (const { plan, fixture } of PLANS) {
    const changes = plan.steps.map(({ change }) => change);
    const back = predictFacts(predictFacts(fixture.facts, changes), changes.toReversed().map(invertChange));
    const sorted = (list: object[]) => list.map((one) => JSON.stringify(one, Object.keys(one).sort())).sort();
    assert.deepEqual(sorted(back.addresses), sorted(fixture.facts.addresses));
    assert.deepEqual(
      back.links.map(({ name }) => name),
      fixture.facts.links.map(({ name }) => name),
    );
  }
});

test('the files of every plan say what runs when it is done, and a planted difference is seen', () => {
  // A plan that writes no file has nothing to answer for: the seed's own mistakes stay in a routed plan.
  for (const { plan, fixture, layout } of PLANS.filter((one) => one.plan.files.length > 0)) {
    const files = new Map(fixture.facts.files.map((file) => [file.path, file]));
    for (const { path, after, mode } of plan.files) {
      if (after === null) files.delete(path);
      else files.set(path, { path, text: after, mode });
    }
    const intent = intentOf({ ...fixture.facts, files: [...files.values()] });
    const predicted = predictFacts(
      fixture.facts,
      plan.steps.map(({ change }) => change),
    );
    const atBoot = [...plan.atBoot.early, ...plan.atBoot.late];
    assert.deepEqual(checkFiles(intent, atBoot, predicted), [], `${fixture.name} ${layout}`);
    if (layout === 'bridged') assert.notDeepEqual(checkFiles(intentOf(fixture.facts), atBoot, predicted), []);
  }
});

test('what stands against a layout is said all at once, and in words that say what to do', () => {
  const fixture = networkFixture('ovh-one-nic-netplan');
  const renamed = {
    ...fixture,
    facts: {
      ...fixture.facts,
      links: fixture.facts.links.map((link) => (link.name === 'eno1' ? { ...link, name: 'enp3s0' } : link)),
    },
  };
  const reading = planFixture(renamed, 'routed');
  assert.ok(!reading.ok);
  assert.match(reading.problems[0]?.rule ?? '', /was the NIC renamed\? Write uplink.name: enp3s0/);
  const hetzner = networkFixture('hetzner-one-nic-ifupdown');
  const abilities = { ...hetzner.facts.abilities, bridgeUtils: false };
  const bare = planFixture({ ...hetzner, facts: { ...hetzner.facts, abilities } }, 'subnet-bridge');
  assert.ok(!bare.ok);
  assert.match(bare.problems[0]?.rule ?? '', /apt-get install bridge-utils/);
  const leased = planFixture(fixture, 'bridged');
  assert.ok(!leased.ok);
  assert.match(leased.problems[0]?.rule ?? '', /statically/);
});

test('what stands against a layout is named by the place it comes from', () => {
  const fixture = networkFixture('hetzner-one-nic-ifupdown');
  const { ipv4 } = fixture.host;
  assert.ok(ipv4 !== null);
  const wrong = {
    ...fixture,
    host: { ...fixture.host, ipv4: { ...ipv4, address: '192.0.2.77' as typeof ipv4.address } },
  };
  const differs = planFixture(wrong, 'routed');
  assert.ok(!differs.ok);
  assert.deepEqual(
    differs.problems.map(({ path }) => path),
    ['host.yaml ipv4.address'],
  );
  const leased = planFixture(networkFixture('ovh-one-nic-netplan'), 'bridged');
  assert.ok(!leased.ok);
  assert.deepEqual(
    leased.problems.map(({ path }) => path),
    ['the address of eno1'],
  );
  assert.match(leased.problems[0]?.rule ?? '', /it is leased \(DHCP or a router's advertisement\)/);
});

test('a link that forwards by itself still does after the way back, which switches all links off', () => {
  const fixture = networkFixture('hetzner-one-nic-ifupdown');
  const path = 'net/ipv4/conf/eno1/forwarding';
  const sysctls = { ...fixture.facts.sysctls, [path]: '1' };
  const { steps, atBoot } = requirePlan({ ...fixture, facts: { ...fixture.facts, sysctls } }, 'routed');
  const paths = steps.flatMap(({ change }) => (change.kind === 'set-sysctl' ? [change.path] : []));
  assert.equal(paths.indexOf(path) + 1, paths.indexOf('net/ipv4/ip_forward'));
  assert.ok(atBoot.late.every((change) => change.kind !== 'set-sysctl' || change.path !== path));
  const all = requirePlan(
    { ...fixture, facts: { ...fixture.facts, sysctls: { ...sysctls, 'net/ipv4/ip_forward': '1' } } },
    'routed',
  );
  assert.ok(!JSON.stringify(all.steps).includes(path));
});

test('a file of networkd that is for the bridge too is named before networkd can get in the way', () => {
  const fixture = networkFixture('scaleway-one-nic-networkd');
  const planWith = (match: string, layout: 'bridged' | 'subnet-bridge' = 'bridged') => {
    const files = fixture.facts.files.map((file) => ({ ...file, text: file.text.replace('Name=eno1', match) }));
    return planFixture({ ...fixture, facts: { ...fixture.facts, files } }, layout);
  };
  const mac = fixture.facts.links.find(({ name }) => name === 'eno1')?.mac;
  const refused = planWith(`MACAddress=${mac}`);
  assert.ok(!refused.ok);
  const [{ path, rule, value } = { path: '', rule: '', value: '' }] = refused.problems;
  assert.deepEqual([path, value], ['/etc/systemd/network/10-eno1.network', `MACAddress=${mac}`]);
  assert.match(rule, /put Name=eno1 into its \[Match\]/);
  assert.ok(!planWith('Name=*', 'subnet-bridge').ok);
  for (const match of [`MACAddress=${mac}\nName=eno1`, `PermanentMACAddress=${mac}`, `MACAddress=${mac}\nType=ether`])
    assert.ok(planWith(match).ok, match);
});

test('a file with a secret is not changed: what would be written is not what was there', () => {
  const fixture = networkFixture('hetzner-one-nic-ifupdown');
  const files = fixture.facts.files.map((file) =>
    file.path.endsWith('interfaces') ? { ...file, text: `${file.text}\n# wpa-psk (blanked)\n` } : file,
  );
  const reading = planFixture({ ...fixture, facts: { ...fixture.facts, files } }, 'bridged');
  assert.ok(!reading.ok);
  assert.deepEqual(
    reading.problems.map(({ path }) => path),
    ['/etc/network/interfaces'],
  );
  assert.ok(planFixture({ ...fixture, facts: { ...fixture.facts, files } }, 'routed').ok);
});

test('a guard that stands there is replaced, and brought back by the way back', () => {
  const fixture = networkFixture('hetzner-one-nic-ifupdown');
  const guard = { uplink: 'eno1', allowedMacs: ['90:1b:0e:12:34:56'], droppedFrames: 0, foreignMacs: [] };
  const firewall = { ...fixture.facts.firewall, guard };
  const plan = requirePlan({ ...fixture, facts: { ...fixture.facts, firewall } }, 'routed');
  const first = plan.steps[0]?.change;
  assert.ok(first?.kind === 'load-guard');
  assert.deepEqual(first.allowedMacs, ['90:1b:0e:12:34:56', '00:50:56:00:00:11']);
  const back = invertChange(first);
  assert.ok(back.kind === 'load-guard', back.kind);
  assert.deepEqual(back.allowedMacs, guard.allowedMacs);
  assert.deepEqual(invertChange(back), first);
});

test('where the main address has a peer, the same address stands beside it before arp_ignore, also after a boot', () => {
  const fixture = networkFixture('hetzner-one-nic-ifupdown');
  const addresses = fixture.facts.addresses.map((one) =>
    one.address === '192.0.2.200' ? { ...one, prefixLength: 32, peer: '192.0.2.193' } : one,
  );
  for (const layout of NETWORK_LAYOUTS) {
    const plan = requirePlan({ ...fixture, facts: { ...fixture.facts, addresses } }, layout);
    const kinds = plan.steps.map(({ change }) => change);
    const link = layout === 'bridged' ? 'br0' : 'eno1';
    const silent = kinds.findIndex(
      (change) => change.kind === 'set-sysctl' && change.path.endsWith(`/${link}/arp_ignore`),
    );
    const beside = kinds[silent - 1];
    assert.ok(beside?.kind === 'add-address', layout);
    assert.deepEqual([beside.address.link, beside.address.prefixLength, beside.address.peer], [link, 32, null]);
    assert.ok(plan.atBoot.late.includes(beside), layout);
  }
});

test('a layout that is in force is not planned again, and a new address takes nothing from the old ones', () => {
  const fixture = networkFixture('hetzner-one-nic-ifupdown');
  const first = requirePlan(fixture, 'routed');
  const running = predictFacts(
    fixture.facts,
    first.steps.map(({ change }) => change),
  );
  const again = planFixture({ ...fixture, facts: running }, 'routed', first);
  assert.ok(!again.ok);
  assert.match(again.problems[0]?.rule ?? '', /plan 1 is in force/);

  const extra = { kind: 'single', address: '198.51.100.21', gateway: null, mac: null } as const;
  const host = { ...fixture.host, extraIpv4: [...fixture.host.extraIpv4, extra] } as typeof fixture.host;
  const second = planFixture({ ...fixture, facts: running, host }, 'routed', first);
  assert.ok(second.ok, JSON.stringify(second));
  const changes = second.plan.steps.map(({ change }) => change.kind);
  assert.deepEqual(changes, ['load-guard', 'add-route']);
  assert.equal(second.plan.atBoot.late.length, first.atBoot.late.length + 1);

  const fewer = { ...fixture.host, extraIpv4: fixture.host.extraIpv4.slice(1) };
  const third = planFixture({ ...fixture, facts: running, host: fewer }, 'routed', first);
  assert.ok(third.ok);
  assert.deepEqual(
    third.plan.steps.map(({ change }) => change.kind),
    ['load-guard', 'remove-route'],
  );
});

test('a gateway of host.yaml that the running default route does not have is refused, before the twin is red for it', () => {
  const fixture = networkFixture('hetzner-one-nic-ifupdown');
  const host = { ...fixture.host, ipv4: { ...fixture.host.ipv4, gateway: '192.0.2.254' } } as typeof fixture.host;
  for (const layout of NETWORK_LAYOUTS) {
    const reading = planFixture({ ...fixture, host }, layout);
    assert.ok(!reading.ok, layout);
    assert.deepEqual(reading.problems, [
      {
        path: 'host.yaml ipv4.gateway',
        rule: 'must be 192.0.2.193, the gateway of the default route that runs over eno1',
        value: '192.0.2.254',
      },
    ]);
  }
});

test('what has its value already is kept and not set, in the steps and at boot; a host of nobody is told so', () => {
  const fixture = networkFixture('hetzner-one-nic-ifupdown');
  const set = (paths: string[]) => {
    const sysctls = { ...fixture.facts.sysctls, ...Object.fromEntries(paths.map((path) => [path, '1'])) };
    return { ...fixture, facts: { ...fixture.facts, sysctls } };
  };
  const own = requirePlan(set(['net/ipv4/conf/eno1/forwarding']), 'routed');
  assert.match(renderPlanText(own), / {2}keep net\/ipv4\/conf\/eno1\/forwarding at 1\n {5}it forwards by itself/);
  const all = requirePlan(set(['net/ipv4/ip_forward']), 'routed');
  assert.match(renderPlanText(all), /after it: keep net\/ipv4\/ip_forward at 1\n/);
  for (const plan of [own, all]) assert.doesNotMatch(renderPlanText(plan), /to 1 \(it is 1\)|\{"kind"/);
  assert.match(renderPlanText({ ...all, owner: 'none' }), /; no program configures the network at boot; /);
  const back = planRollback({ plans: [own], current: 1, target: 0, factsDigest: '', nowMs: 0 });
  const kept = back.steps.find(({ title }) => title.startsWith('keep '));
  assert.match(kept?.why ?? '', /^it forwards by itself/);
});
