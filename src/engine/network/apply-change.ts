import { isLodgeError } from '../../base/errors.ts';
import { appendDurably, writeFileAtomically } from '../../host/files.ts';
import { runCalls } from '../../host/run-calls.ts';
import type { NetworkPlan, NetworkStep } from '../../model/network-plan.ts';
import { renderChange } from '../../render/network-commands.ts';
import type { StepContext } from '../operations/step.ts';
import { beganSteps, requireTransaction } from './apply-transaction.ts';
import { markOf, type Transaction } from './transaction.ts';
import type { TransactionDeps } from './transaction-deps.ts';
import { assertNotReverted, notKept } from './transaction-revert.ts';

/**
 * Makes the plan's changes in their order. Each is written down in `begun`, on the disk, before it is made: the way back undoes what may
 * have been made and nothing else.
 *
 * @throws NETWORK_REVERTED with the step that failed
 */
export async function changeNetwork(deps: TransactionDeps, plan: NetworkPlan, context: StepContext): Promise<void> {
  const transaction = await requireTransaction(deps.layout, context.operation.id);
  if (transaction.isChanged) return;
  if ((await beganSteps(transaction)).length > 0) {
    throw notKept(plan.number, 'the daemon was ended in the middle of the change');
  }
  for (const [index, step] of plan.steps.entries()) {
    context.signal.throwIfAborted();
    context.detail(`${index + 1}/${plan.steps.length} ${step.title}`);
    await makeStep(deps, plan, transaction, step, context.operation.subject);
  }
  await writeFileAtomically(`${transaction.dir}/changed`, '', { mode: 0o600 });
}

async function makeStep(
  { fault }: TransactionDeps,
  plan: NetworkPlan,
  transaction: Transaction,
  step: NetworkStep,
  subject: string,
): Promise<void> {
  const id = `change-${step.id}`;
  try {
    await appendDurably(`${transaction.dir}/begun`, `${step.id}\n`);
    // After it is written down: whoever takes the plan back from now on knows of this step.
    await assertNotReverted(transaction, await markOf(transaction));
    fault(id, 'begin', subject);
    await runCalls(renderChange(step.change), { timeoutMs: step.timeoutMs });
    fault(id, 'end', subject);
    await assertNotReverted(transaction, await markOf(transaction));
  } catch (error) {
    if (isLodgeError(error, 'NETWORK_REVERTED')) throw error;
    throw notKept(plan.number, `"${step.title}" failed`, error);
  }
}
