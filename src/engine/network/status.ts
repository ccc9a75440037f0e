import type { NetworkStatus } from '../../model/network-plan.ts';
import { misfitOf } from './plan-fit.ts';
import { isOpen, readTransaction, viewTransaction } from './transaction.ts';
import type { TransactionDeps } from './transaction-deps.ts';

/** The plan in force, the change under way or the last one, every plan there ever was, and what the MAC guard has seen. */
export async function networkStatus(
  deps: Pick<TransactionDeps, 'store' | 'layout' | 'observe' | 'digest'>,
): Promise<NetworkStatus> {
  const [transaction, facts] = await Promise.all([readTransaction(deps.layout), deps.observe()]);
  const current = deps.store.networkPlans.current();
  const guard = facts.firewall.guard;
  return {
    plan: current?.number ?? null,
    layout: current?.layout ?? null,
    transaction: transaction === null ? null : await viewTransaction(transaction),
    history: deps.store.networkPlans.list().map(({ plan, state, proof }) => {
      const isOpenPlan = transaction !== null && isOpen(transaction) && transaction.record.plan === plan.number;
      return {
        number: plan.number,
        layout: plan.layout,
        createdAtMs: plan.createdAtMs,
        // One that was taken back and is applied again is not taken back any more.
        state: isOpenPlan ? 'planned' : state,
        isStale: !isOpenPlan && state === 'planned' && misfitOf(deps, plan, facts) !== null,
        proof: proof === null ? null : proof.isGreen ? 'green' : 'red',
      };
    }),
    guard: {
      isLoaded: guard !== null,
      uplink: guard?.uplink ?? null,
      droppedFrames: guard?.droppedFrames ?? 0,
      foreignMacs: guard?.foreignMacs ?? [],
    },
    findings: [],
  };
}
