import assert from 'node:assert/strict';
import { test } from 'node:test';
import { provePlan } from '../../src/engine/network/prove-plan.ts';
import type { NetworkPlan, Proof, ProofCheck } from '../../src/model/network-plan.ts';
import { type NetworkFixture, networkFixture, requirePlan } from '../support/network-fixtures.ts';

// Whole proofs of plans as `lodge net prove` makes them: steps, guests, the way back, and a boot with the planned files.

function prove({ facts }: NetworkFixture, plan: NetworkPlan): Promise<Proof> {
  return provePlan({ plan, facts, nowMs: Date.now, onProgress: () => {} });
}

function reds({ runs }: Proof): ProofCheck[] {
  return runs.flatMap(({ checks }) => checks).filter(({ isGreen }) => !isGreen);
}

for (const [name, layout] of [
  ['seed-bridged', 'bridged'],
  ['hetzner-one-nic-ifupdown', 'routed'],
  ['hetzner-one-nic-ifupdown', 'bridged'],
  ['hetzner-one-nic-ifupdown', 'subnet-bridge'],
  ['ovh-one-nic-netplan', 'routed'],
  ['scaleway-one-nic-networkd', 'bridged'],
  ['scaleway-one-nic-networkd', 'subnet-bridge'],
] as const) {
  test(`the plan of ${name} to ${layout} proves green, and so does a boot with its files`, async () => {
    const fixture = networkFixture(name);
    const proof = await prove(fixture, requirePlan(fixture, layout));
    assert.deepEqual(reds(proof), []);
    const ids = new Set(proof.runs.flatMap(({ checks }) => checks.map(({ id }) => id)));
    for (const id of ['loss-ipv4', 'back-state', 'boot-runs', 'boot-state', 'boot-host-ipv4', 'files-say-what-runs'])
      assert.ok(ids.has(id), id);
  });
}

test('a host whose file calls the uplink by another of its names proves green on a bridge', async () => {
  const { facts, ...delivered } = networkFixture('hetzner-one-nic-ifupdown');
  const links = facts.links.map((link) => (link.name === 'eno1' ? { ...link, altNames: ['enp9s0'] } : link));
  const files = facts.files.map((file) => ({ ...file, text: file.text.replaceAll('eno1', 'enp9s0') }));
  const fixture = { ...delivered, facts: { ...facts, links, files } };
  const plan = requirePlan(fixture, 'bridged');
  assert.match(plan.files[0]?.after ?? '', /bridge_ports eno1/);
  assert.deepEqual(reds(await prove(fixture, plan)), []);
});

test('an address that is in no file is told as that, and nobody is sent to host.yaml for it', async () => {
  const delivered = networkFixture('hetzner-one-nic-ifupdown');
  const byHand = { ...delivered, facts: { ...delivered.facts, files: [] } };
  const red = reds(await prove(byHand, requirePlan(byHand, 'routed')));
  const causes = ['boot-host-ipv4', 'boot-host-ipv6'].map((id) => red.find((check) => check.id === id)?.cause ?? '');
  for (const cause of causes) {
    assert.match(cause, /: [\da-f.:]+ is in no file: it was set by hand or by a script; write it into the files of/);
    assert.doesNotMatch(cause, /host\.yaml/);
  }
});

test('planned files with a fault in them turn the proof red, and the cause is named by file and line', async () => {
  const delivered = networkFixture('hetzner-one-nic-ifupdown');
  const fixture = { ...delivered, host: { ...delivered.host, extraIpv4: [] } };
  const plan = requirePlan(fixture, 'bridged');
  const faulty = async (faults: [RegExp, string][]) => {
    const edit = (text: string) => faults.reduce((edited, [good, bad]) => edited.replace(good, bad), text);
    const files = plan.files.map((file) => ({ ...file, after: edit(file.after ?? '') }));
    const proof = await prove(fixture, { ...plan, files });
    assert.equal(proof.isGreen, false);
    return reds(proof)
      .map(({ cause }) => cause)
      .join('\n');
  };
  const named = await faulty([
    [/dev br0$/m, 'dev eno1'],
    [/bridge_stp off/, 'bridge_stp on'],
  ]);
  assert.match(named, /interfaces:\d+: must not lead over eno1, which is a port of br0/);
  assert.match(named, /interfaces:\d+: must leave spanning tree off on br0/);
  const unpinned = await faulty([
    [/^ +bridge_hw .*\n +hwaddress .*\n/m, ''],
    [/gateway fe80::1/, ''],
  ]);
  assert.match(unpinned, /interfaces:\d+: must pin the MAC of br0/);
  assert.match(unpinned, /the route default via fe80::1 dev br0/);
  assert.match(unpinned, /created without a pinned MAC/);
});
