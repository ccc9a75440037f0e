import { sleep } from '../../base/clock.ts';
import { fromErrorBody, LodgeError } from '../../base/errors.ts';
import { isChangeBeingMade } from '../../model/change-being-made.ts';
import type { NetworkStatus } from '../../model/network-plan.ts';
import type { ConfirmNetwork } from '../../model/network-requests.ts';
import { activeApply } from './apply.ts';
import { networkStatus } from './status.ts';
import { moveMark, readTransaction, type Transaction, type TransactionRecord } from './transaction.ts';
import type { TransactionDeps } from './transaction-deps.ts';
import { revertedError } from './transaction-revert.ts';

const POLL_MS = 100;

/**
 * The owner has come back in: the plan stays. Comes back when its files are written and the next boot is safe. The token is told before
 * the first change: whoever is here before the last one waits for it.
 *
 * @throws CONFIRM_REFUSED, NETWORK_REVERTED when the files could not be written and everything is back, or what the change failed with
 *   before it was made
 */
export async function confirmNetwork(deps: TransactionDeps, request: ConfirmNetwork): Promise<NetworkStatus> {
  await untilAsked(deps);
  const transaction = await readTransaction(deps.layout);
  const isOurs = transaction !== null && isToken(request.token, transaction.record);
  // Confirmed a moment ago, by a connection that may have broken since.
  if (transaction?.mark === 'confirmed' && isOurs) return keptBy(deps, transaction);
  if (transaction === null || transaction.mark !== 'armed') {
    const isLate = transaction?.mark === 'reverted' || transaction?.mark === 'reverting';
    if (isLate && isOurs) throw await endOf(deps, transaction);
    throw refusal('no change is waiting for a confirmation', 'lodge net status');
  }
  if (!isOurs)
    throw refusal(
      'that is another token',
      'lodge net apply has printed the right one; lodge net rollback takes the change back instead',
    );
  checkConnection(request, transaction.record);
  // Where another was faster, the operation says who: the watchdog, or the same confirmation sent twice.
  await moveMark(transaction, 'armed', 'confirmed');
  return keptBy(deps, transaction);
}

async function keptBy(deps: TransactionDeps, { record }: Transaction): Promise<NetworkStatus> {
  const operation = await deps.operations.wait(record.operation);
  if (operation.error !== null) throw fromErrorBody(operation.error);
  return networkStatus(deps);
}

/** The end comes by the deadline of the change at the latest. */
async function untilAsked(deps: TransactionDeps): Promise<void> {
  const begun = activeApply(deps);
  if (begun === null) return;
  let operation = begun;
  while (isChangeBeingMade(operation)) {
    await sleep(POLL_MS);
    operation = deps.operations.find(begun.id);
  }
  // It never came to the question.
  const { error, steps } = operation;
  if (error !== null && steps.find(({ id }) => id === 'await-confirmation')?.state === 'pending')
    throw fromErrorBody(error);
}

/** What the operation ended with: it knows best why the plan was not kept. */
async function endOf({ operations }: TransactionDeps, transaction: Transaction): Promise<LodgeError> {
  const { error } = await operations.wait(transaction.record.operation);
  return error === null ? revertedError(transaction) : fromErrorBody(error);
}

function isToken(text: string, { token }: TransactionRecord): boolean {
  const letters = (one: string) => one.toLowerCase().replace(/[^a-z0-9]/g, '');
  return letters(text) === letters(token);
}

/** A connection that existed before the change may outlive a network that nobody could connect to any more. */
function checkConnection({ connection, fromConsole }: ConfirmNetwork, record: TransactionRecord): void {
  if (fromConsole === true || record.connection === null) return;
  const hint = 'in a new SSH connection from outside: lodge net confirm';
  if (!connection) {
    throw refusal('it was applied over SSH, and this is no SSH connection', `${hint}; or add --from-console`);
  }
  if (connection === record.connection) throw refusal('this is the connection that it was applied over', hint);
  if (record.openConnections.includes(connection)) throw refusal('this connection is older than the change', hint);
}

function refusal(why: string, hint: string): LodgeError {
  return new LodgeError('CONFIRM_REFUSED', `not confirmed: ${why}`, { hint });
}
