import { formatDuration, sleep } from '../../base/clock.ts';
import { explainError } from '../../base/errors.ts';
import { readUptimeSec } from '../../host/uptime.ts';
import type { StepContext } from '../operations/step.ts';
import { requireTransaction } from './apply-transaction.ts';
import { markOf, type Transaction } from './transaction.ts';
import type { TransactionDeps } from './transaction-deps.ts';
import { assertNotReverted, notKept, revertNetwork } from './transaction-revert.ts';
import { armWatchdog, isWatchdogAlive } from './transaction-watchdog.ts';

const POLL_MS = 200;
/** How long after the deadline this daemon takes the watchdog for dead. */
const GRACE_SEC = 3;

/**
 * Waits until the owner has confirmed. The watchdog decides without us; we look whether it still lives, put another in its place, and do
 * its work when it does not.
 *
 * @throws NETWORK_REVERTED with who decided against the plan
 */
export async function awaitConfirmation(
  deps: TransactionDeps,
  { operation, signal, detail }: StepContext,
): Promise<void> {
  const transaction = await requireTransaction(deps.layout, operation.id);
  const { record } = transaction;
  for (;;) {
    const mark = await markOf(transaction);
    if (mark === 'confirmed' || mark === 'committed') return;
    await assertNotReverted(transaction, mark);
    const leftSec = record.deadlineUptimeSec - (await readUptimeSec());
    if (leftSec > 0) {
      detail(`${formatDuration(Math.max(0, leftSec) * 1000)} left`);
      await keepWatched(deps, transaction);
    } else if (leftSec < -GRACE_SEC) {
      await revertNetwork(transaction, { reason: 'nobody confirmed it in time' });
    }
    await sleep(POLL_MS, signal);
  }
}

async function keepWatched({ layout, log }: TransactionDeps, transaction: Transaction): Promise<void> {
  if (await isWatchdogAlive(layout, transaction)) return;
  // It ends when it does not see `armed` any more: then it has not died.
  if ((await markOf(transaction)) !== 'armed') return;
  log.warn({ plan: transaction.record.plan }, 'the watchdog of the network has died: another one is armed');
  await armWatchdog(layout, transaction).catch((error: unknown) => {
    throw notKept(transaction.record.plan, `its watchdog died and no other can be armed (${explainError(error)})`);
  });
}
