import type { Clock } from '../../base/clock.ts';
import { LodgeError, toErrorBody } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { isOperationOver, type Operation, type OperationKind } from '../../model/operation.ts';
import type { OperationRecord } from '../../model/operation-record.ts';
import type { PlannedStep } from '../../model/planned-step.ts';
import type { Store } from '../../store/store.ts';
import type { EventLog } from '../event-log.ts';
import { driveOperation } from './drive.ts';
import type { FaultPoint } from './fault.ts';
import type { Ending, Workflows } from './step.ts';

const OPERATIONS_KEPT = 200;
const UNWRITTEN_RETRY_MS = 1000;

type Listener = (operation: Operation) => void;

interface Running {
  operation: OperationRecord;
  cancel: AbortController;
  /** Who has cancelled it, the first of them. */
  ending: Ending | null;
  ended: Promise<void>;
  listeners: Set<Listener>;
}

export interface OperationsInput {
  store: Store;
  events: EventLog;
  clock: Clock;
  random: Random;
  fault: FaultPoint;
}

/** Long pieces of work: written down before each step, told to watchers, finished or undone by the next daemon. */
export class Operations {
  readonly #input: OperationsInput;
  readonly #running = new Map<string, Running>();
  readonly #unwritten = new Map<string, OperationRecord>();
  #workflows: Workflows | null = null;
  #settle: (operation: Operation) => Promise<void> = async () => {};
  #abandoned = false;

  constructor(input: OperationsInput) {
    this.#input = input;
  }

  /**
   * Wiring: the workflows need the operations, as one may begin another. `settle` runs after the last step, however
   * it ended, and before the operation is over: it makes what is known of the subject agree with what is.
   */
  useWorkflows(workflows: Workflows, settle: (operation: Operation) => Promise<void>): void {
    this.#workflows = workflows;
    this.#settle = settle;
  }

  /** Writes the operation down and begins it. `also` is part of the same transaction. */
  begin(kind: OperationKind, subject: string, input: unknown, plan: PlannedStep[], also?: () => void): Operation {
    const { store, random, clock } = this.#input;
    const operation: OperationRecord = {
      id: random.uuid().slice(0, 8),
      kind,
      subject,
      state: 'queued',
      input,
      steps: plan.map(({ id, title, why }) => {
        return { id, title, why, state: 'pending', startedAtMs: null, endedAtMs: null, detail: null };
      }),
      error: null,
      createdAtMs: clock.nowMs(),
      endedAtMs: null,
    };
    store.transaction(() => {
      also?.();
      store.operations.insert(operation);
    });
    this.#launch(operation);
    return publicView(operation);
  }

  find(id: string): Operation {
    return publicView(this.#record(id));
  }

  /** Newest first. */
  list(): Operation[] {
    return this.#input.store.operations.latest(OPERATIONS_KEPT).map((one) => publicView(this.#inMemory(one.id) ?? one));
  }

  /** The operation that now works on a guest or an image, if any. */
  activeFor(noun: 'guest' | 'image', subject: string): Operation | null {
    for (const { operation } of this.#running.values()) {
      if (operation.subject === subject && operation.kind.startsWith(`${noun}.`)) return publicView(operation);
    }
    return null;
  }

  /** Whether it has made what it was to make, and only waits to see it answer. */
  onlyWaits({ id, kind }: Pick<Operation, 'id' | 'kind'>): boolean {
    const steps = this.#running.get(id)?.operation.steps ?? [];
    const waits = this.#workflows?.[kind].waits ?? [];
    return steps.some((step) => step.state === 'running' && waits.includes(step.id));
  }

  /**
   * Asks it to stop and take back what it did, or only to wait no longer; resolves when it has.
   *
   * @param by who wants that, as those read it who wait for it
   * @throws STATE_REFUSED for one that can only go forward or has ended.
   */
  async cancel(id: string, by = 'lodge operation cancel'): Promise<Operation> {
    const operation = this.#record(id);
    if (isOperationOver(operation.state)) {
      throw new LodgeError('STATE_REFUSED', `operation ${id} has ended already: it is ${operation.state}`, {
        hint: `lodge operation show ${id}`,
      });
    }
    if (this.#workflows?.[operation.kind].undoable !== true && !this.onlyWaits(operation)) {
      throw new LodgeError('STATE_REFUSED', `operation ${id} (${operation.kind}) can only go forward`, {
        hint: `lodge operation wait ${id}`,
      });
    }
    const ofWait = `the wait was ended by ${by}; ${operation.subject} is kept and runs on`;
    await this.giveWay(id, { by, ofWait });
    return publicView(operation);
  }

  /** Ends it for other work on the same subject: taken back when it can be and does not only wait, else broken off where it is. */
  async giveWay(id: string, ending: Ending): Promise<void> {
    const entry = this.#running.get(id);
    if (entry === undefined) return;
    entry.ending ??= ending;
    entry.cancel.abort(new LodgeError('CANCELLED', `cancelled by ${ending.by}`));
    await entry.ended;
  }

  /** Resolves when the operation is over. */
  async wait(id: string): Promise<Operation> {
    const operation = this.#record(id);
    await this.#running.get(id)?.ended;
    return publicView(operation);
  }

  /** Calls the listener now and at each change; the returned function ends that. */
  watch(id: string, listener: Listener): () => void {
    const operation = this.#record(id);
    const entry = this.#running.get(id);
    listener(publicView(operation));
    entry?.listeners.add(listener);
    return () => entry?.listeners.delete(listener);
  }

  /** Goes on with what a killed daemon left: finishes it, or goes on undoing it. */
  resume(): OperationRecord[] {
    // Not what this daemon has begun itself meanwhile: guests that start with the host.
    const left = this.#input.store.operations.unfinished();
    const unfinished = left.filter(({ id }) => !this.#running.has(id));
    for (const operation of unfinished) this.#launch(operation);
    return unfinished;
  }

  /** Lets go of everything without undoing it, for the next daemon to go on with. */
  async abandon(): Promise<void> {
    this.#abandoned = true;
    const entries = [...this.#running.values()];
    for (const { cancel } of entries) cancel.abort(new LodgeError('INTERRUPTED', 'the daemon is stopping'));
    await Promise.all(entries.map(({ ended }) => ended));
  }

  #record(id: string): OperationRecord {
    const found = this.#inMemory(id) ?? this.#input.store.operations.find(id);
    if (found !== null) return found;
    throw new LodgeError('OPERATION_NOT_FOUND', `there is no operation ${id}`, { hint: 'lodge operation ls' });
  }

  #inMemory(id: string): OperationRecord | undefined {
    return this.#running.get(id)?.operation ?? this.#unwritten.get(id);
  }

  #launch(operation: OperationRecord): void {
    const workflow = this.#workflows?.[operation.kind];
    if (workflow === undefined) throw new LodgeError('INTERNAL', `no workflow for ${operation.kind}`);
    const cancel = new AbortController();
    const listeners = new Set<Listener>();
    const tell = () => {
      for (const listener of listeners) listener(publicView(operation));
    };
    const save = () => {
      if (this.#abandoned) throw new LodgeError('INTERRUPTED', 'the daemon is stopping');
      try {
        this.#input.store.operations.save(operation);
      } catch (error) {
        // What is taken back needs no record, as it can be taken back twice: a full disk is often why it is taken back.
        if (operation.state !== 'undoing') throw error;
      }
      tell();
    };
    const { clock, fault } = this.#input;
    const ending = () => this.#running.get(operation.id)?.ending ?? null;
    const ended = driveOperation({ operation, workflow, signal: cancel.signal, ending, clock, fault, save, tell })
      .catch((error: unknown) => {
        operation.state = 'failed';
        operation.error ??= toErrorBody(error);
      })
      .then(() => (this.#abandoned ? undefined : this.#settle(publicView(operation))))
      .catch((error: unknown) => {
        operation.error ??= toErrorBody(error);
      })
      .then(() => this.#finish(operation, tell));
    this.#running.set(operation.id, { operation, cancel, ending: null, ended, listeners });
  }

  #finish(operation: OperationRecord, tell: () => void): void {
    this.#running.delete(operation.id);
    if (this.#abandoned) return;
    operation.endedAtMs = this.#input.clock.nowMs();
    this.#writeEnd(operation);
    this.#input.events.publish({ type: 'operation', operation: publicView(operation) });
    tell();
  }

  /** On a full disk the end is remembered here, and written as soon as there is room: nobody waits for that. */
  #writeEnd(operation: OperationRecord): void {
    try {
      this.#input.store.operations.save(operation);
      this.#input.store.operations.trim(OPERATIONS_KEPT);
      this.#unwritten.delete(operation.id);
    } catch {
      this.#unwritten.set(operation.id, operation);
      setTimeout(() => !this.#abandoned && this.#writeEnd(operation), UNWRITTEN_RETRY_MS).unref();
    }
  }
}

function publicView(record: OperationRecord | Operation): Operation {
  const { input: _input, ...operation } = record as OperationRecord;
  return structuredClone(operation);
}
