import { explainError, LodgeError } from '../../base/errors.ts';
import type { OperationRecord } from '../../model/operation-record.ts';
import type { FaultPoint } from './fault.ts';
import type { Workflow } from './step.ts';

/**
 * Takes back the steps that ran, the last first. It goes on after an error and reports all of them, because what
 * is left behind must be known whole.
 *
 * @returns one line for each step that could not be undone.
 */
export async function unwind(
  operation: OperationRecord,
  workflow: Workflow,
  fault: FaultPoint,
  save: (operation: OperationRecord) => void,
): Promise<string[]> {
  const left: string[] = [];
  const signal = new AbortController().signal;
  for (const line of [...operation.steps].reverse()) {
    if (line.state === 'pending' || line.state === 'undone' || line.state === 'kept') continue;
    const detail = (text: string) => {
      line.detail = text;
    };
    try {
      const runner = workflow.runners[line.id];
      if (runner === undefined) throw new LodgeError('UNDO_FAILED', `no step ${line.id} is known any more`);
      fault(line.id, 'undo', operation.subject);
      const kept = runner.kept?.(operation, line.state === 'done') ?? null;
      await runner.undo?.({ operation, signal, detail, warn: detail });
      if (kept !== null) detail(kept);
      line.state = kept === null ? 'undone' : 'kept';
    } catch (error) {
      left.push(`${line.id}: ${explainError(error)}`);
      detail(`not undone: ${explainError(error)}`);
    }
    save(operation);
  }
  return left;
}
