import assert from 'node:assert/strict';
import type { HostConfig } from '../../src/model/host-config.ts';
import { invertChange } from '../../src/model/network-change.ts';
import type { NetworkFacts } from '../../src/model/network-facts.ts';
import type { NetworkLayout, NetworkStep, ProofCheck, ProviderModes } from '../../src/model/network-plan.ts';
import { bridgedSteps } from '../../src/plan/layout/bridged.ts';
import { routedSteps } from '../../src/plan/layout/routed.ts';
import { sampleGuests } from '../../src/plan/layout/sample-guests.ts';
import { readSituation } from '../../src/plan/layout/situation.ts';
import { numberIds } from '../../src/plan/layout/steps.ts';
import { servedSubnet, subnetBridgeSteps } from '../../src/plan/layout/subnet-bridge.ts';
import type { ProofInput } from '../../src/twin/prove.ts';

/** The planner's steps of a layout, with its sample guests: what `lodge net prove` hands to the twin. */
export function proofInput(
  layout: NetworkLayout,
  host: HostConfig,
  facts: NetworkFacts,
  modes: ProviderModes,
): ProofInput {
  const steps = stepsOf(layout, host, facts);
  const layer3 = layout === 'bridged' ? 'br0' : host.uplink.name;
  const { guests, unused } = sampleGuests(
    { layout, host, steps },
    layer3,
    facts.sysctls['net/ipv4/ip_forward'] === '1',
  );
  return { host, facts, modes, steps, inverse: inverseOf(steps), guests, unused };
}

export function inverseOf(steps: readonly NetworkStep[]): NetworkStep[] {
  return steps.toReversed().map((step) => ({ ...step, change: invertChange(step.change) }));
}

function stepsOf(layout: NetworkLayout, host: HostConfig, facts: NetworkFacts): NetworkStep[] {
  const reading = readSituation(facts, host, 'networkd');
  assert.ok(reading.ok, 'the planner does not understand the facts');
  const situation = reading.value;
  switch (layout) {
    case 'routed':
      return numberIds(routedSteps(situation));
    case 'bridged':
      return numberIds(bridgedSteps(situation, 'br0'));
    case 'subnet-bridge': {
      const subnet = servedSubnet(host);
      assert.ok(subnet !== null);
      return numberIds(subnetBridgeSteps(situation, 'br1', subnet));
    }
  }
}

/** `loss-ipv4: 3 of 200 pings were lost …` */
export function redChecks(checks: readonly ProofCheck[]): string[] {
  return checks.flatMap(({ id, isGreen, summary, cause }) => (isGreen ? [] : [`${id}: ${cause} (${summary})`]));
}
