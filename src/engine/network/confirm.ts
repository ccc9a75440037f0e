import { fromErrorBody, LodgeError } from '../../base/errors.ts';
import type { NetworkStatus } from '../../model/network-plan.ts';
import type { ConfirmNetwork } from '../../model/network-requests.ts';
import { networkStatus } from './status.ts';
import { moveMark, readTransaction, type Transaction, type TransactionRecord } from './transaction.ts';
import type { TransactionDeps } from './transaction-deps.ts';
import { revertedError } from './transaction-revert.ts';

/**
 * The owner has come back in: the plan stays. Comes back when its files are written and the next boot is safe.
 *
 * @throws CONFIRM_REFUSED, NETWORK_REVERTED when the files could not be written and everything is back
 */
export async function confirmNetwork(deps: TransactionDeps, request: ConfirmNetwork): Promise<NetworkStatus> {
  const transaction = await readTransaction(deps.layout);
  if (transaction === null || transaction.mark !== 'armed') {
    const isLate = transaction?.mark === 'reverted' || transaction?.mark === 'reverting';
    if (isLate && isToken(request.token, transaction.record)) throw await endOf(deps, transaction);
    throw refusal('no change is waiting for a confirmation', 'lodge net status');
  }
  const { record } = transaction;
  const waiting = deps.operations.find(record.operation).steps.find(({ id }) => id === 'await-confirmation');
  if (waiting?.state !== 'running') throw refusal('the change is still being made', 'try again in a moment');
  if (!isToken(request.token, record))
    throw refusal(
      'that is another token',
      'lodge net apply has printed the right one; lodge net rollback takes the change back instead',
    );
  checkConnection(request, record);
  if (!(await moveMark(transaction, 'armed', 'confirmed'))) throw await endOf(deps, transaction);
  const operation = await deps.operations.wait(record.operation);
  if (operation.error !== null) throw fromErrorBody(operation.error);
  return networkStatus(deps);
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
  const hint = 'open a new SSH connection from outside and run lodge net confirm there';
  if (!connection) {
    throw refusal('it was applied over SSH, and this is no SSH connection', `${hint}; or add --from-console`);
  }
  if (connection === record.connection) throw refusal('this is the connection that it was applied over', hint);
  if (record.openConnections.includes(connection)) throw refusal('this connection is older than the change', hint);
}

function refusal(why: string, hint: string): LodgeError {
  return new LodgeError('CONFIRM_REFUSED', `not confirmed: ${why}`, { hint });
}
