import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ipv4Prefix } from '../../src/base/address.ts';
import type { Ipv6Mode } from '../../src/model/host-config.ts';
import { NETWORK_LAYOUTS, type NetworkLayout, type ProviderModes } from '../../src/model/network-plan.ts';
import type { ArpMode } from '../../src/model/provider.ts';
import { proveInTwin } from '../../src/twin/prove.ts';
import { TWIN_HOST, TWIN_HOST_WITH_VIRTUAL_MAC, twinFacts } from '../support/twin-host.ts';
import { inverseOf, proofInput, redChecks } from '../support/twin-plan.ts';

const ARP_MODES: ArpMode[] = ['asks', 'static'];
const IPV6_MODES: (Ipv6Mode | 'none')[] = ['routed', 'on-link', 'delegated', 'none'];

function hostOf(layout: NetworkLayout, ipv6: Ipv6Mode | 'none') {
  const base = layout === 'bridged' ? TWIN_HOST_WITH_VIRTUAL_MAC : TWIN_HOST;
  return { ...base, ipv6: ipv6 === 'none' || base.ipv6 === null ? null : { ...base.ipv6, mode: ipv6 } };
}

async function prove(layout: NetworkLayout, modes: ProviderModes) {
  const host = hostOf(layout, modes.ipv6);
  return proveInTwin(proofInput(layout, host, twinFacts(host), modes));
}

for (const layout of NETWORK_LAYOUTS) {
  for (const ipv6 of IPV6_MODES) {
    test(`layout ${layout} with IPv6 ${ipv6} proves green, whether the provider asks by ARP or not`, async () => {
      // Two at once: a proof waits for most of its time.
      const [asks = [], fixed = []] = await Promise.all(ARP_MODES.map((arp) => prove(layout, { arp, ipv6 })));
      assert.deepEqual([...redChecks(asks), ...redChecks(fixed)], []);
      const ids = asks.map(({ id }) => id);
      for (const id of ['host-ipv4', 'neighbour', 'guest-ipv4-in-guest1', 'foreign-mac', 'back-state']) {
        assert.ok(ids.includes(id), `${id} was not looked at`);
      }
      assert.equal(ids.includes('loss-ipv6'), ipv6 !== 'none');
    });
  }
}

test('a kernel without nft’s egress hook (before 5.16) has its guard on the bridge, and the plan proves green with it', async () => {
  const host = TWIN_HOST_WITH_VIRTUAL_MAC;
  const facts = twinFacts(host);
  const old = { ...facts, abilities: { ...facts.abilities, netdevEgress: false } };
  const input = proofInput('bridged', host, old, { arp: 'asks', ipv6: 'routed' });
  const [first] = input.steps.map(({ change }) => change);
  assert.ok(first?.kind === 'load-guard' && first.hook === 'bridge');
  assert.deepEqual(redChecks(await proveInTwin(input)), []);
});

test('a host whose guests behind NAT have made its uplink forward is brought back to just that', async () => {
  const facts = twinFacts(TWIN_HOST);
  const path = `net/ipv4/conf/${TWIN_HOST.uplink.name}/forwarding`;
  const sysctls = { ...facts.sysctls, [path]: '1', 'net/ipv4/ip_forward': '0' };
  const input = proofInput('routed', TWIN_HOST, { ...facts, sysctls }, { arp: 'asks', ipv6: 'routed' });
  const steps = input.steps.filter(({ change }) => change.kind !== 'set-sysctl' || change.path !== path);
  assert.equal(steps.length, input.steps.length - 1);
  const [checks, faulty] = await Promise.all([
    proveInTwin(input),
    proveInTwin({ ...input, steps, inverse: inverseOf(steps) }),
  ]);
  assert.deepEqual(redChecks(checks), []);
  assert.match(redChecks(faulty).join('\n'), /back-state: .*\/forwarding/);
});

test('a bridged host that forwards, as one with guests behind NAT does, sends nothing back that nobody has', async () => {
  const subnet = { kind: 'subnet', prefix: '203.0.113.0/29' as Ipv4Prefix } as const;
  const host = { ...TWIN_HOST_WITH_VIRTUAL_MAC, extraIpv4: [subnet] };
  const facts = twinFacts(host);
  const forwarding = { ...facts, sysctls: { ...facts.sysctls, 'net/ipv4/ip_forward': '1' } };
  const input = proofInput('bridged', host, forwarding, { arp: 'asks', ipv6: 'routed' });
  const steps = input.steps.filter(({ change }) => change.kind !== 'add-route');
  assert.ok(steps.length < input.steps.length);
  const [checks, faulty] = await Promise.all([
    proveInTwin(input),
    proveInTwin({ ...input, steps, inverse: inverseOf(steps) }),
  ]);
  assert.deepEqual(redChecks(checks), []);
  assert.ok(checks.some(({ id }) => id.startsWith('unused-203.0.113.')));
  assert.match(redChecks(faulty).join('\n'), /no unreachable route for 203\.0\.113\.0\/29 on the host/);
});

test('moving the address to br0 loses none of 600 pings at 200 a second in each family', async () => {
  const host = TWIN_HOST_WITH_VIRTUAL_MAC;
  const input = proofInput('bridged', host, twinFacts(host), { arp: 'asks', ipv6: 'routed' });
  const checks = await proveInTwin({ ...input, pingsPerSecond: 200, calmMs: 3000, guests: [] });
  for (const family of ['ipv4', 'ipv6']) {
    const check = checks.find(({ id }) => id === `loss-${family}`);
    const [, lost, sent] = /^(\d+) of (\d+) pings lost/.exec(check?.summary ?? '') ?? [];
    assert.equal(lost, '0', check?.cause ?? undefined);
    assert.ok(Number(sent) >= 600, `${sent} were sent`);
  }
});
