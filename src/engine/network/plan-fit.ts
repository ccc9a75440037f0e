import { LodgeError } from '../../base/errors.ts';
import type { NetworkFacts } from '../../model/network-facts.ts';
import type { NetworkPlan, PlanState } from '../../model/network-plan.ts';
import type { PlanDetail } from '../../model/network-requests.ts';
import { planRenewal } from '../../model/plan-renewal.ts';
import { digestDifference } from './facts-digest.ts';
import { observedHostFile } from './observed-host-file.ts';
import { isOpen, type Transaction } from './transaction.ts';
import type { TransactionDeps } from './transaction-deps.ts';

type FitDeps = Pick<TransactionDeps, 'store' | 'digest'>;

/** Why a plan does not fit the host of these facts any more, in words; null where it does. */
export function misfitOf({ store, digest }: FitDeps, plan: NetworkPlan, facts: NetworkFacts): string | null {
  const current = store.networkPlans.current()?.number ?? null;
  if (plan.parent !== current) {
    return `${nameOf(plan.parent)} was in force when it was made, now it is ${nameOf(current)}`;
  }
  const now = digest(facts);
  if (now === plan.factsDigest) return null;
  switch (digestDifference(plan.factsDigest, now)) {
    case 'host-file':
      return hostFileWords(facts);
    case 'network':
      return 'an address, a route, a setting or a file of the network is not as it was when it was made';
    case null:
      return 'it was made by another version of Lodge, which looked at other things of the host';
  }
}

/** @throws PLAN_STALE */
export function requireFit(deps: FitDeps, plan: NetworkPlan, facts: NetworkFacts): void {
  const why = misfitOf(deps, plan, facts);
  if (why === null) return;
  throw new LodgeError('PLAN_STALE', `plan ${plan.number} does not fit any more: ${why}`, {
    hint: `${planRenewal(plan.layout)} makes a new one`,
  });
}

/** What became of a plan, and why it cannot be applied any more where that is so. */
export function planStanding(
  deps: FitDeps,
  { plan, state }: PlanDetail,
  { transaction, facts }: { transaction: Transaction | null; facts: NetworkFacts },
): { state: PlanState; staleBecause: string | null } {
  // One that was taken back and is applied again is not taken back any more.
  if (transaction !== null && isOpen(transaction) && transaction.record.plan === plan.number) {
    return { state: 'planned', staleBecause: null };
  }
  const isToApply = state === 'planned' || state === 'reverted';
  return { state, staleBecause: isToApply ? misfitOf(deps, plan, facts) : null };
}

function hostFileWords(facts: NetworkFacts): string {
  const read = observedHostFile(facts);
  if (read === null) return 'host.yaml is not there any more';
  return read.ok
    ? 'host.yaml says something else than when it was made'
    : 'host.yaml was changed since it was made, and has mistakes: lodge net explain lists them';
}

function nameOf(number: number | null): string {
  return number === null ? 'what the provider delivered' : `plan ${number}`;
}
