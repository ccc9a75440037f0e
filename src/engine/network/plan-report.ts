import type { PlanReport } from '../../model/network-requests.ts';
import { hostNow, planStanding } from './plan-fit.ts';
import { requirePlan } from './prove.ts';
import { readTransaction } from './transaction.ts';
import type { TransactionDeps } from './transaction-deps.ts';

/** @throws PLAN_NOT_FOUND */
export async function reportPlan(
  deps: Pick<TransactionDeps, 'store' | 'layout' | 'observe' | 'digest'>,
  number: number,
): Promise<PlanReport> {
  const detail = requirePlan(deps, number);
  const [transaction, facts] = await Promise.all([readTransaction(deps.layout), deps.observe()]);
  return { ...detail, ...planStanding(detail, transaction, hostNow(deps, facts)) };
}
