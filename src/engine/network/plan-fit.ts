import { LodgeError } from '../../base/errors.ts';
import type { NetworkFacts } from '../../model/network-facts.ts';
import type { NetworkPlan, PlanStanding } from '../../model/network-plan.ts';
import type { PlanDetail } from '../../model/network-requests.ts';
import { planRenewal } from '../../model/plan-renewal.ts';
import { digestDifference } from './facts-digest.ts';
import { observedHostFile } from './observed-host-file.ts';
import { isOpen, type Transaction } from './transaction.ts';
import type { TransactionDeps } from './transaction-deps.ts';

/** What every plan is held against, worked out once for all of them. */
interface HostNow {
  facts: NetworkFacts;
  digest: string;
  /** The plan in force. */
  current: number | null;
}

export function hostNow({ store, digest }: Pick<TransactionDeps, 'store' | 'digest'>, facts: NetworkFacts): HostNow {
  return { facts, digest: digest(facts), current: store.networkPlans.current()?.number ?? null };
}

/** Why a plan does not fit the host as it is now any more, in words; null where it does. */
export function misfitOf(plan: NetworkPlan, { facts, digest, current }: HostNow): string | null {
  if (plan.parent !== current) {
    return `${nameOf(plan.parent)} was in force when it was made, now it is ${nameOf(current)}`;
  }
  if (digest === plan.factsDigest) return null;
  switch (digestDifference(plan.factsDigest, digest)) {
    case 'host-file':
      return hostFileWords(facts);
    case 'network':
      return 'an address, a route, a setting or a file of the network is not as it was when it was made';
    case null:
      return 'it was made by another version of Lodge, which looked at other things of the host';
  }
}

/** @throws PLAN_STALE */
export function requireFit(plan: NetworkPlan, now: HostNow): void {
  const why = misfitOf(plan, now);
  if (why === null) return;
  throw new LodgeError('PLAN_STALE', `plan ${plan.number} does not fit any more: ${why}`, {
    hint: `a new one: ${planRenewal(plan.layout)}`,
  });
}

/** What became of a plan, and why it cannot be applied any more where that is so. */
export function planStanding(
  { plan, state }: PlanDetail,
  transaction: Transaction | null,
  now: HostNow,
): { state: PlanStanding; staleBecause: string | null } {
  // One that was taken back and is applied again is not taken back any more.
  if (transaction !== null && isOpen(transaction) && transaction.record.plan === plan.number) {
    return { state: standingOf(transaction), staleBecause: null };
  }
  const isToApply = state === 'planned' || state === 'reverted';
  return { state, staleBecause: isToApply ? misfitOf(plan, now) : null };
}

function standingOf({ mark, isChanged }: Transaction): PlanStanding {
  if (mark === 'armed') return isChanged ? 'unconfirmed' : 'applying';
  return mark === 'confirmed' ? 'writing' : 'reverting';
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
