import { explainError, LodgeError } from '../../base/errors.ts';
import type { NetworkPlan } from '../../model/network-plan.ts';
import type { ApplyStepId } from '../../plan/apply-steps.ts';
import type { StepRunner, Workflow } from '../operations/step.ts';
import type { ApplyInput } from './apply.ts';
import { awaitConfirmation } from './apply-await.ts';
import { changeNetwork } from './apply-change.ts';
import { checkPlan } from './apply-check.ts';
import { commitPlan, writeConfirmed } from './apply-commit.ts';
import { armTransaction, requireTransaction, takeBack } from './apply-transaction.ts';
import { leaveBoot } from './boot-path.ts';
import { markOf } from './transaction.ts';
import type { TransactionDeps } from './transaction-deps.ts';
import { restoreFiles } from './transaction-files.ts';
import { assertNotReverted, notKept } from './transaction-revert.ts';

/**
 * How an `apply` is carried out, and what the next daemon does with one whose daemon was killed:
 *
 * - before the first change: it begins there again;
 * - in the middle of the change: it is taken back at once, because nobody knows how far the last step came;
 * - while probing: it is probed again; while waiting for the owner: the wait goes on, to the same deadline;
 * - once confirmed: it is finished.
 */
export function applyWorkflow(deps: TransactionDeps): Workflow {
  const runners: Record<ApplyStepId, StepRunner> = {
    check: { run: ({ operation }) => checkAgain(deps, operation.input as ApplyInput) },
    'arm-watchdog': {
      run: ({ operation }) =>
        armTransaction(deps, planOf(deps, operation.subject), operation.id, operation.input as ApplyInput),
      undo: (context) => takeBack(deps, context.operation),
    },
    'change-network': {
      run: (context) => changeNetwork(deps, planOf(deps, context.operation.subject), context),
      undo: (context) => takeBack(deps, context.operation),
    },
    probe: { run: ({ operation }) => probeNetwork(deps, planOf(deps, operation.subject), operation.id) },
    'await-confirmation': { run: (context) => awaitConfirmation(deps, context) },
    'write-files': {
      run: async ({ operation }) =>
        writeConfirmed(deps, planOf(deps, operation.subject), await requireTransaction(deps.layout, operation.id)),
      undo: ({ operation }) => restoreFiles(deps.layout.root, planOf(deps, operation.subject).files),
    },
    'secure-boot': {
      run: async ({ operation }) =>
        commitPlan(deps, planOf(deps, operation.subject), await requireTransaction(deps.layout, operation.id)),
      undo: ({ operation }) => leaveBoot(deps, planOf(deps, operation.subject)),
    },
  };
  return { runners, waits: [], undoable: true };
}

function planOf({ store }: Pick<TransactionDeps, 'store'>, subject: string): NetworkPlan {
  const found = store.networkPlans.find(Number(subject));
  if (found === null)
    throw new LodgeError('PLAN_NOT_FOUND', `there is no plan ${subject}`, { hint: 'lodge net status' });
  return found.plan;
}

async function checkAgain(deps: TransactionDeps, input: ApplyInput): Promise<void> {
  await checkPlan(deps, input.plan, input.isUnproven);
}

async function probeNetwork(deps: TransactionDeps, plan: NetworkPlan, operation: string): Promise<void> {
  const transaction = await requireTransaction(deps.layout, operation);
  const problems = await deps.probe
    .problems(plan, transaction.record)
    .catch((error: unknown) => [`it cannot be probed: ${explainError(error)}`]);
  // The watchdog may have been faster: then it is the old network that was probed.
  await assertNotReverted(transaction, await markOf(transaction));
  if (problems.length > 0) throw notKept(plan.number, problems.join('; '));
}
