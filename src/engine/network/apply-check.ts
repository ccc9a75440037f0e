import { LodgeError } from '../../base/errors.ts';
import type { NetworkPlan } from '../../model/network-plan.ts';
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
    throw new LodgeError('PLAN_NOT_FOUND', `there is no plan ${number}`, { hint: 'lodge net status lists the plans' });
  }
  const { plan, proof } = found;
  const current = deps.store.networkPlans.current()?.number ?? null;
  if (current === number) {
    throw new LodgeError('PLAN_REFUSED', `plan ${number} is in force already`, { hint: 'lodge net status' });
  }
  if (plan.parent !== current)
    throw stale(plan, `${nameOf(plan.parent)} was in force when it was made, now it is ${nameOf(current)}`);
  if (deps.digest(await deps.observe()) !== plan.factsDigest) {
    throw stale(plan, 'an address, a route, a setting or a file of the network is not as it was when it was made');
  }
  if (!isUnproven && !(proof?.isGreen === true && proof.plan === number && proof.factsDigest === plan.factsDigest)) {
    const why = proof === null ? 'was never proven' : 'was proven, and the proof is red';
    throw new LodgeError('PLAN_UNPROVEN', `plan ${number} ${why}`, {
      hint: `lodge net prove ${number}; or, when you know better, lodge net apply ${number} --unproven`,
    });
  }
  return plan;
}

function stale({ number, layout }: NetworkPlan, why: string): LodgeError {
  return new LodgeError('PLAN_STALE', `plan ${number} does not fit any more: ${why}`, {
    hint: layout === null ? 'lodge net rollback makes a new one' : `lodge net plan --layout ${layout} makes a new one`,
  });
}

function nameOf(number: number | null): string {
  return number === null ? 'what the provider delivered' : `plan ${number}`;
}
