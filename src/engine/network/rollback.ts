import { LodgeError } from '../../base/errors.ts';
import type { NetworkPlan, NetworkStatus } from '../../model/network-plan.ts';
import type { RollbackNetwork } from '../../model/network-requests.ts';
import { planRollback } from '../../plan/plan-rollback.ts';
import { activeApply, refuseWhileOpen } from './apply.ts';
import { requirePlan } from './prove.ts';
import { networkStatus } from './status.ts';
import { isOpen, readTransaction } from './transaction.ts';
import type { TransactionDeps } from './transaction-deps.ts';
import { revertNetwork } from './transaction-revert.ts';

/**
 * While a change is under way: takes it back now. Else makes the plan that goes back to an older one, to be proven and applied.
 *
 * @throws TRANSACTION_OPEN when a plan is named while a change is under way, or it is confirmed already; STATE_REFUSED when there is
 *   nothing under way and no plan is named; PLAN_NOT_FOUND, PLAN_REFUSED
 */
export async function rollbackNetwork(
  deps: TransactionDeps,
  { plan: target }: RollbackNetwork,
): Promise<NetworkPlan | NetworkStatus> {
  if (target === undefined) return takeBackNow(deps);
  await refuseWhileOpen(deps);
  if (target !== 0) requirePlan(deps, target);
  const plans = deps.store.networkPlans;
  const wereInForce = plans.list().filter(({ state }) => state === 'committed' || state === 'superseded');
  const plan = planRollback({
    plans: wereInForce.map((one) => one.plan),
    current: plans.current()?.number ?? null,
    target,
    factsDigest: deps.digest(await deps.observe()),
    nowMs: deps.clock.nowMs(),
  });
  return plans.insert(plan);
}

async function takeBackNow(deps: TransactionDeps): Promise<NetworkStatus> {
  const operation = activeApply(deps);
  const transaction = await readTransaction(deps.layout);
  if (operation === null && (transaction === null || !isOpen(transaction))) {
    throw new LodgeError('STATE_REFUSED', 'no change of the network is under way', {
      hint: 'back to what the provider delivered: lodge net rollback 0; back to plan N: lodge net rollback N',
    });
  }
  const isOurs = transaction !== null && transaction.record.operation === operation?.id;
  if (isOurs && transaction.mark === 'confirmed') {
    throw new LodgeError(
      'TRANSACTION_OPEN',
      `plan ${transaction.record.plan} is confirmed and its files are being written`,
      {
        hint: 'lodge net status; back to plan N: lodge net rollback N',
      },
    );
  }
  // Before there is a transaction nothing is changed: the operation is cancelled.
  if (transaction !== null && isOpen(transaction))
    await revertNetwork(transaction, { reason: 'lodge net rollback asked for it' });
  else if (operation !== null) await deps.operations.cancel(operation.id, 'lodge net rollback');
  if (operation !== null) await deps.operations.wait(operation.id);
  return networkStatus(deps);
}
