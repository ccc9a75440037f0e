import type { Operation } from '../../model/operation.ts';
import { activeApply } from './apply.ts';
import { commitPlan, writeConfirmed } from './apply-commit.ts';
import { findTransaction } from './apply-transaction.ts';
import { removeIdleUnits } from './boot-path.ts';
import { isOpen, readTransaction, type Transaction } from './transaction.ts';
import type { TransactionDeps } from './transaction-deps.ts';
import { forgetKept } from './transaction-files.ts';
import { revertNetwork } from './transaction-revert.ts';
import { disarmWatchdog } from './transaction-watchdog.ts';

/** After an `apply`, however it ended: what is known of the plan agrees with what became of it. */
export async function settleApply(deps: TransactionDeps, operation: Pick<Operation, 'id'>): Promise<void> {
  const transaction = await findTransaction(deps.layout, operation.id);
  // Without one it ended before it was armed: only the units of the boot may be there.
  if (transaction === null) await removeIdleUnits(deps);
  else await settleTransaction(deps, transaction);
}

async function settleTransaction(deps: TransactionDeps, transaction: Transaction): Promise<void> {
  await disarmWatchdog(deps.layout, transaction);
  if (transaction.mark !== 'reverted') return;
  const found = deps.store.networkPlans.find(transaction.record.plan);
  if (found?.state === 'planned') deps.store.networkPlans.setState(found.plan.number, 'reverted');
  if (found !== null) await forgetKept(deps.layout.root, found.plan.files);
  await removeIdleUnits(deps);
}

/**
 * For a new daemon: a transaction that no operation carries any more, because the database is an older copy. What is not confirmed is taken
 * back, what is confirmed is finished.
 */
export async function recoverTransaction(deps: TransactionDeps): Promise<void> {
  const transaction = await readTransaction(deps.layout);
  if (transaction === null || !isOpen(transaction) || activeApply(deps)?.id === transaction.record.operation) return;
  const plan = deps.store.networkPlans.find(transaction.record.plan)?.plan;
  if (transaction.mark === 'confirmed' && plan !== undefined) {
    await writeConfirmed(deps, plan, transaction);
    return commitPlan(deps, plan, transaction);
  }
  await revertNetwork(transaction, { reason: 'no operation carries it any more' });
  await settleTransaction(deps, { ...transaction, mark: 'reverted' });
}
