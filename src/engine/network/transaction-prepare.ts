import { mkdir, rename } from 'node:fs/promises';
import { LodgeError } from '../../base/errors.ts';
import {
  fileError,
  makeDirectory,
  pathExists,
  readIfPresent,
  removeTree,
  syncDirectory,
  writeFileAtomically,
} from '../../host/files.ts';
import { readBootId } from '../../host/kernel.ts';
import type { Layout } from '../../model/layout.ts';
import type { FileChange, NetworkPlan } from '../../model/network-plan.ts';
import {
  renderBootChanges,
  renderRollbackScript,
  renderWatchdogScript,
  renderWriteFilesScript,
} from '../../render/network-script.ts';
import { isOpen, readTransaction, type TransactionRecord, transactionDir } from './transaction.ts';
import { forgetKept, placeFiles } from './transaction-files.ts';

/**
 * Writes everything that the change, the way back and the boot need, before anything is changed: afterwards the disk may be full. The
 * directory appears whole, with the mark `armed`.
 *
 * @throws DISK_FULL, PLAN_STALE when a file is not as the plan found it
 */
export async function prepareTransaction(layout: Layout, plan: NetworkPlan, record: TransactionRecord): Promise<void> {
  await archiveLast(layout);
  const dir = transactionDir(layout);
  const draft = `${dir}.new`;
  try {
    await writeDraft(draft, layout, plan, record);
    await rename(draft, dir).catch((error: unknown) => {
      throw fileError(error, `cannot make ${dir}`);
    });
    await syncDirectory(layout.networkDir);
  } catch (error) {
    await removeTree(draft);
    throw error;
  }
}

async function writeDraft(draft: string, layout: Layout, plan: NetworkPlan, record: TransactionRecord): Promise<void> {
  await removeTree(draft);
  await makeDirectory(draft, { mode: 0o700 });
  // What a daemon that was killed long ago left beside the files is not theirs any more.
  await forgetKept(layout.root, plan.files);
  const placed = await placeFiles(layout.root, plan.files);
  const texts: Record<string, string> = {
    'plan.json': `${JSON.stringify(plan, null, 2)}\n`,
    'transaction.json': `${JSON.stringify(record, null, 2)}\n`,
    'rollback.sh': renderRollbackScript(plan),
    'watchdog.sh': renderWatchdogScript(plan),
    'write-files.sh': renderWriteFilesScript(plan.number, placed),
    'early.sh': renderBootChanges(plan.number, 'early', plan.atBoot.early),
    'late.sh': renderBootChanges(plan.number, 'late', plan.atBoot.late),
    'boot-id': `${await readBootId()}\n`,
    // There from the beginning: a full disk cannot make them any more.
    begun: '',
    lock: '',
    reason: '',
    'rollback.log': '',
    armed: '',
  };
  for (const [name, text] of Object.entries(texts))
    await writeFileAtomically(`${draft}/${name}`, text, { mode: 0o600 });
  await writeCopies(draft, layout.root, plan.files);
}

/** `new/N` is what will be written, `old/N` what is there now. */
async function writeCopies(draft: string, root: string, files: readonly FileChange[]): Promise<void> {
  await mkdir(`${draft}/new`);
  await mkdir(`${draft}/old`);
  for (const [index, { path, before, after }] of files.entries()) {
    const present = await readIfPresent(`${root}${path}`);
    if (present !== before) {
      throw new LodgeError('PLAN_STALE', `${path} is not as the plan found it`, {
        hint: 'a new one: lodge net plan --layout LAYOUT',
      });
    }
    if (before !== null) await writeFileAtomically(`${draft}/old/${index + 1}`, before, { mode: 0o600 });
    if (after !== null) await writeFileAtomically(`${draft}/new/${index + 1}`, after, { mode: 0o600 });
  }
}

/** The last transaction, which is over, makes room: `history/3`, and `history/3.2` when plan 3 was tried before. */
async function archiveLast(layout: Layout): Promise<void> {
  const last = await readTransaction(layout);
  if (last === null) return;
  if (isOpen(last)) throw new LodgeError('INTERNAL', `${last.dir} is open: ${last.mark}`);
  const history = `${layout.networkDir}/history`;
  await makeDirectory(history, { mode: 0o700 });
  const base = `${history}/${last.record.plan}`;
  let place = base;
  for (let count = 2; await pathExists(place); count++) place = `${base}.${count}`;
  await rename(last.dir, place);
}
