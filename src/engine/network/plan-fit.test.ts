import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quietFacts, routeFact } from '../../../test/support/network-sample.ts';
import { layoutOf } from '../../model/layout.ts';
import type { NetworkFacts } from '../../model/network-facts.ts';
import type { NetworkPlan } from '../../model/network-plan.ts';
import { digestFacts } from './facts-digest.ts';
import { hostFileFindings } from './host-file-findings.ts';
import { hostNow, misfitOf, requireFit } from './plan-fit.ts';

const HOST_YAML = `version: 1
provider: generic
uplink: { name: eth0, mac: 90:1b:0e:12:34:56 }
ipv4: { address: 192.0.2.200, prefixLength: 26, gateway: 192.0.2.193 }
`;
const COMMENTED = `# What they sent me.
provider: "generic"   # who else
version: 1
ipv4:
  gateway: 192.0.2.193
  address: 192.0.2.200
  prefixLength: 26
uplink:
  name: eth0
  mac: 90:1b:0e:12:34:56
`;
const BROKEN = HOST_YAML.replace('generic', 'nobody');

const facts = (text: string | null, more: Partial<NetworkFacts> = {}): NetworkFacts => ({
  ...quietFacts(),
  files: text === null ? [] : [{ path: '/etc/lodge/host.yaml', text, mode: 0o644 }],
  ...more,
});
const moved = { routes: [routeFact('default', { via: '192.0.2.194', link: 'eth0' })] };
const digest = (...given: Parameters<typeof facts>) => digestFacts(facts(...given));

const deps = { store: { networkPlans: { current: () => null } } as never, digest: digestFacts };
const planOn = (factsDigest: string, more: Partial<NetworkPlan> = {}) =>
  ({ number: 3, parent: null, layout: 'routed', factsDigest, ...more }) as NetworkPlan;
const why = (before: NetworkFacts, now: NetworkFacts) => misfitOf(planOn(digestFacts(before)), hostNow(deps, now));

test('what host.yaml says counts, and not its comments, its order or its way of writing', () => {
  assert.equal(digest(COMMENTED), digest(HOST_YAML));
  assert.notEqual(digest(HOST_YAML.replace('200', '201')), digest(HOST_YAML));
  assert.notEqual(digest(null), digest(HOST_YAML));
});

test('a host.yaml with mistakes counts by its text', () => {
  assert.notEqual(digest(BROKEN), digest(HOST_YAML));
  assert.notEqual(digest(`${BROKEN}# mended?\n`), digest(BROKEN));
  assert.equal(digest(BROKEN), digest(BROKEN));
});

test('a plan says what it does not fit: host.yaml that is changed, has mistakes or is gone, or the network', () => {
  assert.equal(why(facts(HOST_YAML), facts(COMMENTED)), null);
  assert.match(why(facts(HOST_YAML), facts(HOST_YAML.replace('200', '201'))) ?? '', /^host\.yaml says something else/);
  assert.match(
    why(facts(HOST_YAML), facts(BROKEN)) ?? '',
    /^host\.yaml was changed since .* and has mistakes: lodge net explain/,
  );
  assert.equal(why(facts(HOST_YAML), facts(null)), 'host.yaml is not there any more');
  assert.match(why(facts(HOST_YAML), facts(COMMENTED, moved)) ?? '', /^an address, a route, a setting or a file/);
  // The way back is planned without it.
  assert.match(why(facts(null), facts(null, moved)) ?? '', /^an address, a route, a setting or a file/);
});

test('a plan of an older Lodge is not told to be one whose host.yaml changed', () => {
  assert.match(misfitOf(planOn('0123456789abcdef'), hostNow(deps, facts(HOST_YAML))) ?? '', /another version of Lodge/);
});

test('one that is refused says what makes it anew', () => {
  const refuse = (more: Partial<NetworkPlan>) => () => requireFit(planOn('old', more), hostNow(deps, facts(HOST_YAML)));
  assert.throws(refuse({}), { code: 'PLAN_STALE', hint: 'a new one: lodge net plan --layout routed' });
  assert.throws(refuse({ layout: null }), { code: 'PLAN_STALE', hint: 'a new one: lodge net rollback 0' });
});

test('a host with plans and without a host.yaml that can be used is told so in a sentence', () => {
  const layout = layoutOf('/srv/root');
  const told = (text: string | null) => hostFileFindings(layout, facts(text)).map(({ what, fix }) => `${what}: ${fix}`);
  assert.deepEqual(told(HOST_YAML), []);
  assert.deepEqual(told(null), [
    '/srv/root/etc/lodge/host.yaml is not there, and no plan can be made without it: lodge net import',
  ]);
  assert.deepEqual(told(BROKEN), [
    '/srv/root/etc/lodge/host.yaml has a mistake, and no plan can be made before it is mended: lodge net explain',
  ]);
  assert.deepEqual(told(`${BROKEN}colour: red\n`), [
    '/srv/root/etc/lodge/host.yaml has 2 mistakes, and no plan can be made before they are mended: lodge net explain',
  ]);
});
