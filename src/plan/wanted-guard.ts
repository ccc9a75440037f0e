import type { NetworkChange } from '../model/network-change.ts';
import type { NetworkPlan } from '../model/network-plan.ts';

type LoadGuard = Extract<NetworkChange, { kind: 'load-guard' }>;

/** The guard that a plan in force has loaded at each boot; null where there is no plan, or it needs none. */
export function wantedGuard(plan: Pick<NetworkPlan, 'atBoot'> | null): LoadGuard | null {
  const changes = plan === null ? [] : [...plan.atBoot.early, ...plan.atBoot.late];
  return changes.find((change) => change.kind === 'load-guard') ?? null;
}
