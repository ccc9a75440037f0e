import type { NetworkStatus } from '../../model/network-plan.ts';
import { hostFileFindings } from './host-file-findings.ts';
import { hostNow, planStanding } from './plan-fit.ts';
import { readTransaction, viewTransaction } from './transaction.ts';
import type { TransactionDeps } from './transaction-deps.ts';

/** The plan in force, the change under way or the last one, every plan there ever was, and what the MAC guard has seen. */
export async function networkStatus(
  deps: Pick<TransactionDeps, 'store' | 'layout' | 'observe' | 'digest'>,
): Promise<NetworkStatus> {
  const [transaction, facts] = await Promise.all([readTransaction(deps.layout), deps.observe()]);
  const current = deps.store.networkPlans.current();
  const guard = facts.firewall.guard;
  const now = hostNow(deps, facts);
  const plans = deps.store.networkPlans.list();
  return {
    plan: current?.number ?? null,
    layout: current?.layout ?? null,
    transaction: transaction === null ? null : await viewTransaction(transaction),
    history: plans.map((detail) => ({
      number: detail.plan.number,
      layout: detail.plan.layout,
      createdAtMs: detail.plan.createdAtMs,
      ...planStanding(detail, transaction, now),
      proof: detail.proof === null ? null : detail.proof.isGreen ? 'green' : 'red',
    })),
    guard: {
      isLoaded: guard !== null,
      uplink: guard?.uplink ?? null,
      droppedFrames: guard?.droppedFrames ?? 0,
      foreignMacs: guard?.foreignMacs ?? [],
    },
    // Before the first plan nothing rests on it.
    findings: plans.length === 0 ? [] : hostFileFindings(deps.layout, facts),
  };
}
