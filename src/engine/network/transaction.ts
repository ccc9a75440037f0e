import { readdir } from 'node:fs/promises';
import { LodgeError } from '../../base/errors.ts';
import { moveFile, readIfPresent, syncDirectory } from '../../host/files.ts';
import type { Layout } from '../../model/layout.ts';
import type { NetworkTransaction, TransactionState } from '../../model/network-plan.ts';

/** What an `apply` has written down before its first change. */
export interface TransactionRecord {
  plan: number;
  /** The operation that carries it. */
  operation: string;
  token: string;
  /** SSH_CONNECTION of `apply`; null: from the console. */
  connection: string | null;
  /** Every TCP connection that existed then, in SSH_CONNECTION's form: none of them proves anything. */
  openConnections: string[];
  startedAtMs: number;
  deadlineMs: number;
  /** The deadline in seconds since the host came up, which nobody can set. */
  deadlineUptimeSec: number;
  confirmWithinMs: number;
  /** Addresses outside that answered before. */
  reachable: string[];
  /** Frames that the guard had dropped before. */
  droppedFrames: number;
}

/**
 * The file whose name is the transaction's state. There is one of them at any time, and it is renamed: whoever renames `armed` first,
 * the owner's confirmation or the watchdog, has decided.
 */
export type Mark = 'armed' | 'confirmed' | 'reverting' | 'reverted' | 'committed';
const MARKS: readonly Mark[] = ['armed', 'confirmed', 'reverting', 'reverted', 'committed'];

export interface Transaction {
  dir: string;
  record: TransactionRecord;
  mark: Mark;
  /** Every step was made. */
  isChanged: boolean;
}

export function transactionDir({ networkDir }: Pick<Layout, 'networkDir'>): string {
  return `${networkDir}/transaction`;
}

/** The open transaction or the last one; null when there was none. */
export async function readTransaction(layout: Layout): Promise<Transaction | null> {
  const dir = transactionDir(layout);
  const text = await readIfPresent(`${dir}/transaction.json`);
  if (text === null) return null;
  const { mark, names } = await readMark(dir);
  return { dir, record: JSON.parse(text) as TransactionRecord, mark, isChanged: names.includes('changed') };
}

async function readMark(dir: string): Promise<{ mark: Mark; names: string[] }> {
  // A rename between two entries of one reading can hide a name from it: the next reading has it.
  for (let tries = 0; tries < 5; tries++) {
    const names = await readdir(dir);
    const mark = MARKS.find((one) => names.includes(one));
    if (mark !== undefined) return { mark, names };
  }
  throw new LodgeError('INTERNAL', `${dir} has none of the marks ${MARKS.join(', ')}`);
}

export async function markOf({ dir }: Pick<Transaction, 'dir'>): Promise<Mark> {
  return (await readMark(dir)).mark;
}

/** Decides, or finds that another has. @returns false when the mark was not `from` any more. */
export async function moveMark({ dir }: Pick<Transaction, 'dir'>, from: Mark, to: Mark): Promise<boolean> {
  if (!(await moveFile(`${dir}/${from}`, `${dir}/${to}`))) return false;
  await syncDirectory(dir);
  return true;
}

export function isOpen({ mark }: Pick<Transaction, 'mark'>): boolean {
  return mark === 'armed' || mark === 'confirmed' || mark === 'reverting';
}

/** Why it was taken back, in words; null when it was not. */
export async function reasonOf({ dir }: Pick<Transaction, 'dir'>): Promise<string | null> {
  return (await readIfPresent(`${dir}/reason`))?.trim() || null;
}

export function stateOf({ mark, isChanged }: Transaction): TransactionState {
  return mark === 'armed' && isChanged ? 'changed' : mark;
}

export async function viewTransaction(transaction: Transaction): Promise<NetworkTransaction> {
  const { plan, startedAtMs, deadlineMs } = transaction.record;
  const reason = await reasonOf(transaction);
  return { plan, state: stateOf(transaction), startedAtMs, deadlineMs, reason };
}
