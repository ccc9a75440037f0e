import type { OperationKind } from '../../model/operation.ts';
import type { OperationRecord } from '../../model/operation-record.ts';

/** What a running step is given besides its operation. */
export interface StepContext {
  operation: OperationRecord;
  /** Aborted when the operation is cancelled. Undo runs with a signal that is never aborted. */
  signal: AbortSignal;
  /** Changes the line under the step: `unpacking 143 of 210`. */
  detail(text: string): void;
  /** Says beside the result what went otherwise than was wished. It is kept with the operation. */
  warn(text: string): void;
}

/**
 * The doing of a planned step. It can run twice: a daemon that was killed in the middle runs it again from its
 * beginning. So can `undo`, which also has to take back a run that stopped half-way.
 */
export interface StepRunner {
  run(context: StepContext): Promise<void>;
  /** Absent: the step leaves nothing that the undo of the steps before it does not take away. */
  undo?(context: StepContext): Promise<void>;
  /**
   * In place of `undo`, what the step leaves behind on purpose and how one gets rid of it; null when it left nothing.
   *
   * @param wasDone false: it was broken off before its end
   */
  kept?(operation: OperationRecord, wasDone: boolean): string | null;
}

/** Who ends an operation early, in the words that those who wait for it read. */
export interface Ending {
  /** `lodge rm` */
  by: string;
  /** The whole sentence when a step was broken off that only waited: `web1 was ended by lodge kill before SSH answered`. */
  ofWait: string;
}

/** How one kind of operation is carried out. Which of the steps, and in which order, the plan has decided. */
export interface Workflow {
  runners: Record<string, StepRunner>;
  /**
   * Steps that make nothing and only wait: when one of them fails or is cancelled, what is done stays (a guest that does not answer
   * is kept to be looked at). Every other failure or cancellation takes everything back.
   */
  waits: readonly string[];
  /** false: it can only go forward (`rm`, `stop`); it cannot be cancelled unless it waits, and a restarted daemon finishes it. */
  undoable: boolean;
}

export type Workflows = Record<OperationKind, Workflow>;
