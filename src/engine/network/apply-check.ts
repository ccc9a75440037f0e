import { LodgeError } from '../../base/errors.ts';
import type { NetworkPlan } from '../../model/network-plan.ts';
import { hostNow, requireFit } from './plan-fit.ts';
import type { TransactionDeps } from './transaction-deps.ts';

type CheckDeps = Pick<TransactionDeps, 'store' | 'observe' | 'digest'>;

/**
 * Whether a plan may be applied to this host as it is now.
 *
 * @throws PLAN_NOT_FOUND, PLAN_STALE, PLAN_UNPROVEN
 */
export async function checkPlan(deps: CheckDeps, number: number, isUnproven: boolean): Promise<NetworkPlan> {
  const found = deps.store.networkPlans.find(number);
  if (found === null) {
    throw new LodgeError('PLAN_NOT_FOUND', `there is no plan ${number}`, { hint: 'the plans: lodge net status' });
  }
  const { plan, proof } = found;
  const current = deps.store.networkPlans.current()?.number ?? null;
  if (current === number) {
    throw new LodgeError('PLAN_REFUSED', `plan ${number} is in force already`, { hint: 'lodge net status' });
  }
  requireFit(plan, hostNow(deps, await deps.observe()));
  if (!isUnproven && !(proof?.isGreen === true && proof.plan === number && proof.factsDigest === plan.factsDigest)) {
    const why = proof === null ? 'was never proven' : 'was proven, and the proof is red';
    throw new LodgeError('PLAN_UNPROVEN', `plan ${number} ${why}`, {
      hint: `lodge net prove ${number}; when you know better: lodge net apply ${number} --unproven`,
    });
  }
  return plan;
}
