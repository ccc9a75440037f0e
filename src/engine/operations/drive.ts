import type { Clock } from '../../base/clock.ts';
import { isLodgeError, LodgeError, toErrorBody } from '../../base/errors.ts';
import { type OperationStep, operationTitle } from '../../model/operation.ts';
import type { OperationRecord } from '../../model/operation-record.ts';
import type { FaultPoint } from './fault.ts';
import type { Ending, Workflow } from './step.ts';
import { unwind } from './unwind.ts';

/** Progress lines come faster than anybody reads them: they are told at most this often. */
const DETAIL_INTERVAL_MS = 150;

export interface Drive {
  operation: OperationRecord;
  workflow: Workflow;
  signal: AbortSignal;
  /** Who has cancelled it; null while nobody has. */
  ending(): Ending | null;
  clock: Clock;
  fault: FaultPoint;
  /** Writes the operation down; throws when the daemon is stopping, which leaves it as it was last written. */
  save(operation: OperationRecord): void;
  /** Tells watchers without writing. */
  tell(operation: OperationRecord): void;
}

/** Takes an operation from where it is to its end: forward through its steps, or back through those that ran. */
export async function driveOperation(drive: Drive): Promise<void> {
  const { operation, workflow } = drive;
  // Lets `begin` return, and the transaction around it end, before the first step.
  await Promise.resolve();
  if (operation.state === 'undoing') return takeBack(drive);
  operation.state = 'running';
  for (const line of operation.steps) {
    if (line.state === 'done') continue;
    const failure = await runStep(drive, line);
    if (failure === null) continue;
    const ending = drive.ending();
    const waited = workflow.waits.includes(line.id);
    const error = ending === null ? inOurWords(failure.error, line) : cancelledError(operation, ending, waited);
    operation.error = toErrorBody(error);
    if (!workflow.undoable || waited) {
      operation.state = line.state === 'cancelled' ? 'cancelled' : 'failed';
      return;
    }
    operation.state = 'undoing';
    drive.save(operation);
    return takeBack(drive);
  }
  operation.state = 'done';
}

function cancelledError(operation: OperationRecord, { by, ofWait }: Ending, waited: boolean): LodgeError {
  return new LodgeError('CANCELLED', waited ? ofWait : `${operationTitle(operation)} was cancelled by ${by}`);
}

/** What a program said is never the first word: what could not be done is, as the step's title has it. */
function inOurWords(error: unknown, line: OperationStep): unknown {
  if (error instanceof LodgeError && error.code !== 'COMMAND_FAILED') return error;
  // The title of set-up lists all that it does.
  const what = line.title.replace(/:.*$/s, '');
  const code = error instanceof LodgeError ? error.code : 'INTERNAL';
  return new LodgeError(code, `could not ${what}`, { cause: error });
}

async function runStep(drive: Drive, line: OperationStep): Promise<{ error: unknown } | null> {
  const { operation, signal, clock } = drive;
  try {
    signal.throwIfAborted();
    const runner = drive.workflow.runners[line.id];
    if (runner === undefined) throw new LodgeError('INTERNAL', `no step ${line.id} is known`);
    line.state = 'running';
    line.startedAtMs = clock.nowMs();
    drive.save(operation);
    drive.fault(line.id, 'begin', operation.subject);
    await runner.run({ operation, signal, detail: detailTeller(drive, line), warn: warner(line) });
    drive.fault(line.id, 'end', operation.subject);
    line.state = 'done';
    line.endedAtMs = clock.nowMs();
    drive.save(operation);
    return null;
  } catch (error) {
    if (isLodgeError(error, 'INTERRUPTED') || isLodgeError(signal.reason, 'INTERRUPTED')) throw error;
    line.state = drive.ending() !== null || isLodgeError(error, 'CANCELLED') ? 'cancelled' : 'failed';
    line.endedAtMs = clock.nowMs();
    return { error };
  }
}

/** Written down with the step's end. */
function warner(line: OperationStep): (text: string) => void {
  return (text) => {
    line.warning = text;
  };
}

function detailTeller(drive: Drive, line: OperationStep): (text: string) => void {
  let toldAtMs = 0;
  return (text) => {
    if (line.detail === text) return;
    line.detail = text;
    const nowMs = drive.clock.nowMs();
    if (nowMs - toldAtMs < DETAIL_INTERVAL_MS) return;
    toldAtMs = nowMs;
    drive.tell(drive.operation);
  };
}

async function takeBack(drive: Drive): Promise<void> {
  const { operation } = drive;
  const left = await unwind(operation, drive.workflow, drive.fault, drive.save);
  operation.state = operation.error?.code === 'CANCELLED' && left.length === 0 ? 'cancelled' : 'failed';
  if (left.length === 0 || operation.error === null) return;
  const message = `${operation.error.message}; and could not be undone: ${left.join('; ')}`;
  operation.error = { ...operation.error, code: 'UNDO_FAILED', message };
}
