import { problemsError } from '../../base/errors.ts';
import type { NetworkLayout, NetworkPlan } from '../../model/network-plan.ts';
import { intentOf } from '../../plan/network-intent.ts';
import { detectOwner } from '../../plan/network-owner.ts';
import { planNetwork } from '../../plan/plan-network.ts';
import { readHostConfig } from './host-file.ts';
import type { TransactionDeps } from './transaction-deps.ts';

type PlanDeps = Pick<TransactionDeps, 'store' | 'layout' | 'observe' | 'digest' | 'clock'>;

/**
 * Makes a plan for this host as it is now and keeps it under its number; a plan that was the same on the same facts is not made twice.
 *
 * @throws HOST_CONFIG_MISSING, VALIDATION_FAILED of host.yaml, PLAN_REFUSED with everything that stands against it
 */
export async function makePlan(deps: PlanDeps, layout: NetworkLayout): Promise<NetworkPlan> {
  const [host, facts] = await Promise.all([readHostConfig(deps.layout), deps.observe()]);
  const { owner } = detectOwner(facts);
  const reading = planNetwork({
    layout,
    facts,
    factsDigest: deps.digest(facts),
    host,
    owner,
    intent: intentOf(facts),
    current: deps.store.networkPlans.current(),
    nowMs: deps.clock.nowMs(),
  });
  if (!reading.ok) {
    throw problemsError('PLAN_REFUSED', `the layout ${layout} cannot be planned on this host`, reading.problems);
  }
  const latest = deps.store.networkPlans.list().at(-1);
  if (latest?.state === 'planned' && isSamePlan(latest.plan, reading.plan)) return latest.plan;
  return deps.store.networkPlans.insert(reading.plan);
}

function isSamePlan(one: NetworkPlan, other: Omit<NetworkPlan, 'number'>): boolean {
  const key = (plan: Omit<NetworkPlan, 'number'>) => JSON.stringify({ ...plan, number: 0, createdAtMs: 0 });
  return key(one) === key(other);
}
