import { readIfPresent } from '../../host/files.ts';
import { listTcpConnections } from '../../host/tcp-connections.ts';
import { readUptimeSec } from '../../host/uptime.ts';
import type { Layout } from '../../model/layout.ts';
import type { NetworkPlan } from '../../model/network-plan.ts';
import type { OperationRecord } from '../../model/operation-record.ts';
import type { ApplyInput } from './apply.ts';
import { findTargets } from './apply-probe.ts';
import { installBootUnits } from './boot-path.ts';
import { markOf, moveMark, readTransaction, type Transaction, type TransactionRecord } from './transaction.ts';
import type { TransactionDeps } from './transaction-deps.ts';
import { prepareTransaction } from './transaction-prepare.ts';
import { assertNotReverted, revertNetwork } from './transaction-revert.ts';
import { armWatchdog, disarmWatchdog, isWatchdogAlive } from './transaction-watchdog.ts';

/** The transaction that an operation has begun; null before it has. */
export async function findTransaction(layout: Layout, operation: string): Promise<Transaction | null> {
  const transaction = await readTransaction(layout);
  return transaction?.record.operation === operation ? transaction : null;
}

/** @throws NETWORK_REVERTED when it was taken back meanwhile, by whomever */
export async function requireTransaction(layout: Layout, operation: string): Promise<Transaction> {
  const transaction = await findTransaction(layout, operation);
  if (transaction === null) throw new Error(`operation ${operation} has no transaction`);
  await assertNotReverted(transaction, transaction.mark);
  return transaction;
}

/** From here on the old state comes back by itself. A daemon that was killed in here finds the transaction and goes on. */
export async function armTransaction(
  deps: TransactionDeps,
  plan: NetworkPlan,
  operation: string,
  input: ApplyInput,
): Promise<void> {
  const { layout } = deps;
  await installBootUnits(layout);
  if ((await findTransaction(layout, operation)) === null) {
    await prepareTransaction(layout, plan, await makeRecord(deps, plan, operation, input));
  }
  const transaction = await requireTransaction(layout, operation);
  if (!(await isWatchdogAlive(layout, transaction))) await armWatchdog(layout, transaction);
}

async function makeRecord(
  { layout, clock, probe, observe }: TransactionDeps,
  plan: NetworkPlan,
  operation: string,
  input: ApplyInput,
): Promise<TransactionRecord> {
  const targets = await findTargets(layout.root, input.targets);
  const [facts, openConnections, reachable] = await Promise.all([
    observe(),
    listTcpConnections(),
    probe.reachable(targets),
  ]);
  const startedAtMs = clock.nowMs();
  return {
    plan: plan.number,
    operation,
    token: input.token,
    connection: input.connection,
    openConnections,
    startedAtMs,
    deadlineMs: startedAtMs + input.confirmWithinMs,
    deadlineUptimeSec: Math.ceil((await readUptimeSec()) + input.confirmWithinMs / 1000),
    confirmWithinMs: input.confirmWithinMs,
    reachable,
    droppedFrames: facts.firewall.guard?.droppedFrames ?? 0,
  };
}

/**
 * The undo of every step that is older than the files: the running network goes back, and the operation's error says so where it did not
 * come back to the same.
 */
export async function takeBack(deps: TransactionDeps, operation: OperationRecord): Promise<void> {
  const transaction = await findTransaction(deps.layout, operation.id);
  if (transaction === null) return;
  const changing = operation.steps.find(({ id }) => id === 'change-network')?.state;
  // Not done: a command of it may have run while another was taking the plan back.
  const again = changing !== 'done' && changing !== 'pending' && changing !== 'undone';
  const mark = await markOf(transaction);
  if (mark === 'reverted' && !again) return;
  for (const decided of ['confirmed', 'committed'] as const) await moveMark(transaction, decided, 'reverting');
  await revertNetwork(transaction, { reason: operation.error?.message ?? 'asked for', again });
  await disarmWatchdog(deps.layout, transaction);
  await tellDifference(deps, operation, transaction.record.plan);
}

async function tellDifference(deps: TransactionDeps, operation: OperationRecord, number: number): Promise<void> {
  const plan = deps.store.networkPlans.find(number)?.plan;
  if (plan === undefined || operation.error === null) return;
  if (deps.digest(await deps.observe()) === plan.factsDigest) return;
  const message = `${operation.error.message}; it was taken back, but something of the network is not as it was before`;
  operation.error = { ...operation.error, message, hint: 'lodge net show' };
}

export async function beganSteps({ dir }: Pick<Transaction, 'dir'>): Promise<string[]> {
  return ((await readIfPresent(`${dir}/begun`)) ?? '').split('\n').filter((line) => line !== '');
}
