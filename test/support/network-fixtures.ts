import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { HostConfig } from '../../src/model/host-config.ts';
import type { NetworkFacts } from '../../src/model/network-facts.ts';
import type { NetworkLayout, NetworkPlan } from '../../src/model/network-plan.ts';
import { parseHostYaml } from '../../src/parse/host-yaml.ts';
import { intentOf } from '../../src/plan/network-intent.ts';
import { detectOwner } from '../../src/plan/network-owner.ts';
import { type PlanReading, planNetwork } from '../../src/plan/plan-network.ts';

const DIRECTORY = join(import.meta.dirname, '../fixtures/network');

export interface NetworkFixture {
  name: string;
  facts: NetworkFacts;
  host: HostConfig;
}

/** Hosts to plan for: facts, and the host.yaml that their owner would have. */
export function networkFixtures(): string[] {
  return globSync('*.host.yaml', { cwd: DIRECTORY })
    .map((file) => basename(file, '.host.yaml'))
    .sort();
}

export function networkFixture(name: string): NetworkFixture {
  const facts = JSON.parse(readFileSync(join(DIRECTORY, `${name}.json`), 'utf8')) as NetworkFacts;
  const reading = parseHostYaml(readFileSync(join(DIRECTORY, `${name}.host.yaml`), 'utf8'));
  if (!reading.ok) throw new Error(`${name}.host.yaml: ${JSON.stringify(reading.problems)}`);
  // What the owner installs when he is told to.
  const abilities = { ...facts.abilities, bridgeUtils: true };
  return { name, facts: { ...facts, abilities }, host: reading.config };
}

export function planFixture(
  fixture: NetworkFixture,
  layout: NetworkLayout,
  current: NetworkPlan | null = null,
): PlanReading {
  const { facts, host } = fixture;
  const { owner } = detectOwner(facts);
  return planNetwork({ layout, facts, factsDigest: 'digest', host, owner, intent: intentOf(facts), current, nowMs: 0 });
}

/** The plan with the number 1; fails with what stands against it. */
export function requirePlan(fixture: NetworkFixture, layout: NetworkLayout): NetworkPlan {
  const reading = planFixture(fixture, layout);
  if (!reading.ok) throw new Error(`${fixture.name} ${layout}: ${JSON.stringify(reading.problems, null, 2)}`);
  return { ...reading.plan, number: 1 };
}
