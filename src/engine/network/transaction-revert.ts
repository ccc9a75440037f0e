import { LodgeError } from '../../base/errors.ts';
import { shellWord } from '../../base/quoting/shell-word.ts';
import { exec } from '../../host/exec.ts';
import { readIfPresent } from '../../host/files.ts';
import { type Mark, reasonOf, type Transaction } from './transaction.ts';

/** Every call in the script has its own limit of 20 s: the whole is bounded all the same. */
const LIMIT_MS = 600_000;

interface RevertOptions {
  reason: string;
  /** A step may have been under way when another took the plan back: its inverse has to come after it. */
  again?: boolean;
}

/**
 * Brings the old network back by the very script that the watchdog would run; waits for that one when it is at it.
 *
 * @throws UNDO_FAILED with each command that failed: what could be done was done
 */
export async function revertNetwork(
  { dir }: Pick<Transaction, 'dir'>,
  { reason, again }: RevertOptions,
): Promise<void> {
  const words = [`${dir}/rollback.sh`, ...(again ? ['again'] : []), reason];
  await exec('sh', words, { timeoutMs: LIMIT_MS, okExitCodes: [0, 1] });
  const failed = (await readIfPresent(`${dir}/failed`))?.trim();
  if (failed) {
    throw new LodgeError('UNDO_FAILED', `the way back could not do: ${failed.replaceAll('\n', '; ')}`, {
      hint: `sh ${shellWord(`${dir}/rollback.sh`)} again; the log is ${dir}/rollback.log`,
    });
  }
}

/**
 * @param mark as it was just read: read a second time it may be another
 * @throws NETWORK_REVERTED when another has decided against the plan: waits until it is done.
 */
export async function assertNotReverted(transaction: Pick<Transaction, 'dir' | 'record'>, mark: Mark): Promise<void> {
  if (mark === 'reverting') await revertNetwork(transaction, { reason: 'another had begun it' });
  if (mark === 'reverting' || mark === 'reverted') throw await revertedError(transaction);
}

export async function revertedError(transaction: Pick<Transaction, 'dir' | 'record'>): Promise<LodgeError> {
  return notKept(transaction.record.plan, (await reasonOf(transaction)) ?? 'it was taken back');
}

/** What an `apply` that failed ends with: the operation's undo brings the old state back. */
export function notKept(plan: number, reason: string, cause?: unknown): LodgeError {
  return new LodgeError('NETWORK_REVERTED', `plan ${plan} is not kept: ${reason}`, {
    hint: `where it stands: lodge net status; to try it again: lodge net apply ${plan}`,
    ...(cause === undefined ? {} : { cause }),
  });
}
