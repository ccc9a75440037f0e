import { explainError } from '../../base/errors.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import type { Operation } from '../../model/operation.ts';
import type { Store } from '../../store/store.ts';
import type { Log } from '../log.ts';

/** Waits before restarts by policy: 1 s, 2 s, 4 s … at most five minutes. */
const BACK_OFF_FIRST_MS = 1000;
const BACK_OFF_MAX_MS = 5 * 60_000;

interface RestartsInput {
  store: Store;
  log: Log;
  /** Starts the guest and resolves with the operation when it is over. */
  start(name: string): Promise<Operation>;
}

/**
 * Starts that nobody asks for: by restart policy after a wait, and with the host. The wait lives in this process; that
 * the guest waits is in the store (`isAwaited`), where the next daemon finds it.
 */
export class Restarts {
  readonly #input: RestartsInput;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(input: RestartsInput) {
    this.#input = input;
  }

  /** Counts one more restart and begins it after the wait that belongs to the count. */
  again(name: string, restartsBefore: number): void {
    this.#input.store.guests.update(name, { restartCount: restartsBefore + 1 });
    this.after(name, Math.min(BACK_OFF_FIRST_MS * 2 ** restartsBefore, BACK_OFF_MAX_MS));
  }

  /** Begins a start after the delay, unless the guest is asked for something else meanwhile. */
  after(name: string, delayMs: number): void {
    clearTimeout(this.#timers.get(name));
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      this.#start(name).catch((error: unknown) => this.#input.log.warn({ guest: name }, explainError(error)));
    }, delayMs);
    this.#timers.set(name, timer);
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  async #start(name: string): Promise<void> {
    if (!isWaiting(this.#input.store.guests.find(name))) return;
    const { state } = await this.#input.start(name);
    const record = this.#input.store.guests.find(name);
    // A start that fails counts as a crash: what it lacked (memory, a port) may be there later.
    if (state === 'failed' && record !== null && isAwaited(record)) this.again(name, record.restartCount);
  }
}

function isWaiting(record: GuestRecord | null): boolean {
  return record?.wanted === 'running' && (record.phase === 'stopped' || record.phase === 'crashed');
}

/** Whether the policy wants this guest, which does not run, to be started again. */
export function isAwaited(record: GuestRecord): boolean {
  const { restartPolicy } = record.spec;
  if (!isWaiting(record)) return false;
  return restartPolicy === 'always' || (restartPolicy === 'on-failure' && record.phase === 'crashed');
}
