import type { NetworkPlan } from '../../model/network-plan.ts';
import { secureBoot } from './boot-path.ts';
import { moveMark, type Transaction } from './transaction.ts';
import type { TransactionDeps } from './transaction-deps.ts';
import { forgetKept, writeFiles } from './transaction-files.ts';
import { notKept } from './transaction-revert.ts';
import { disarmWatchdog } from './transaction-watchdog.ts';

/**
 * Writes the files of a confirmed plan and sees that they say what runs. May run twice.
 *
 * @throws NETWORK_REVERTED; the files are as they were, or are by the undo
 */
export async function writeConfirmed(deps: TransactionDeps, plan: NetworkPlan, { mark }: Transaction): Promise<void> {
  // A boot between the confirmation and now has written them.
  if (mark === 'committed') return;
  await writeFiles(deps.layout.root, plan.files).catch((error: unknown) => {
    throw notKept(plan.number, 'its files cannot be written', error);
  });
  const differences = await deps.checkFiles(plan);
  if (differences.length === 0) return;
  throw notKept(plan.number, `its files would say something else than what runs: ${differences.join('; ')}`);
}

/** The plan is in force: at the next boot, in the store, and by the transaction's mark. May run twice. */
export async function commitPlan(deps: TransactionDeps, plan: NetworkPlan, transaction: Transaction): Promise<void> {
  const plans = deps.store.networkPlans;
  try {
    await secureBoot(deps.layout, plan);
    deps.store.transaction(() => {
      for (const other of plans.list()) {
        if (other.state === 'committed') plans.setState(other.plan.number, 'superseded');
      }
      plans.setState(plan.number, 'committed');
    });
    await moveMark(transaction, 'confirmed', 'committed');
  } catch (error) {
    throw notKept(plan.number, 'the next boot cannot be made to do it', error);
  }
  await forgetKept(deps.layout.root, plan.files);
  await disarmWatchdog(deps.layout, transaction);
}
