import { LodgeError } from '../../base/errors.ts';
import type { NetworkPlan } from '../../model/network-plan.ts';
import type { PlanDetail } from '../../model/network-requests.ts';
import { isOperationOver, type Operation } from '../../model/operation.ts';
import type { PlannedStep } from '../../model/planned-step.ts';
import { checkFiles } from '../../plan/layout/check-files.ts';
import { intentOf } from '../../plan/network-intent.ts';
import type { Workflow } from '../operations/step.ts';
import { filesAfter } from './files-after.ts';
import { hostNow, requireFit } from './plan-fit.ts';
import { provePlan } from './prove-plan.ts';
import type { TransactionDeps } from './transaction-deps.ts';

type ProveDeps = Pick<TransactionDeps, 'store' | 'operations' | 'observe' | 'digest' | 'clock'>;

const STEP: PlannedStep = {
  id: 'run-twin',
  title: 'run the plan in a simulated provider, in namespaces of its own',
  why: 'what goes wrong there does not go wrong here',
};

/** @throws PLAN_NOT_FOUND */
export function requirePlan({ store }: Pick<TransactionDeps, 'store'>, number: number): PlanDetail {
  const found = store.networkPlans.find(number);
  if (found !== null) return found;
  throw new LodgeError('PLAN_NOT_FOUND', `there is no plan ${number}`, { hint: 'the plans: lodge net status' });
}

/** Begins a proof, or joins the one of this plan that is under way. @throws PLAN_NOT_FOUND */
export function beginProof(deps: ProveDeps, number: number): Operation {
  requirePlan(deps, number);
  const underWay = deps.operations
    .list()
    .find(
      ({ kind, subject, state }) => kind === 'network.prove' && subject === String(number) && !isOperationOver(state),
    );
  return underWay ?? deps.operations.begin('network.prove', String(number), {}, [STEP]);
}

/** A proof that was broken off is made anew: nothing of it lasts but its result. */
export function proveWorkflow(deps: ProveDeps): Workflow {
  return {
    runners: {
      'run-twin': {
        async run({ operation, signal, detail }) {
          const { plan } = requirePlan(deps, Number(operation.subject));
          const facts = await deps.observe();
          requireFit(plan, hostNow(deps, facts));
          const inForce = plan.parent === null ? null : requirePlan(deps, plan.parent).plan;
          const nowMs = () => deps.clock.nowMs();
          deps.store.networkPlans.setProof(
            plan.number,
            await provePlan({ plan, inForce, facts, nowMs, signal, onProgress: detail }),
          );
        },
      },
    },
    waits: [],
    undoable: true,
  };
}

/**
 * Whether the files, once written, say what runs: a line for each difference. A plan that writes none has nothing to answer for.
 */
export async function checkPlannedFiles(deps: Pick<ProveDeps, 'observe'>, plan: NetworkPlan): Promise<string[]> {
  if (plan.files.length === 0) return [];
  const facts = await deps.observe();
  const intent = intentOf({ ...facts, files: filesAfter(plan, facts.files) });
  const problems = checkFiles(intent, [...plan.atBoot.early, ...plan.atBoot.late], facts);
  return problems.map(
    ({ path, rule, value }) => `${path}: ${rule}${value === null ? '' : ` (${JSON.stringify(value)})`}`,
  );
}
