import type { Clock } from '../base/clock.ts';
import type { LodgeEvent } from '../model/event.ts';
import type { NewEvent, Store } from '../store/store.ts';

type Untimed<T> = T extends unknown ? Omit<T, 'atMs'> : never;

/** What happened, kept and told to whoever listens. */
export interface EventLog {
  publish(event: Untimed<NewEvent>): void;
  /** Calls the listener with what was kept since that number, then with all that comes. */
  listen(sinceSeq: number | null, listener: (event: LodgeEvent) => void): () => void;
}

/** An event that cannot be kept is lost, and `onLost` told: a full disk must not stop the work that it tells of. */
export function createEventLog(store: Store, clock: Clock, onLost: (error: unknown) => void = () => {}): EventLog {
  const listeners = new Set<(event: LodgeEvent) => void>();
  return {
    publish(event) {
      let kept: LodgeEvent;
      try {
        kept = store.events.append({ ...event, atMs: clock.nowMs() } as NewEvent);
      } catch (error) {
        return onLost(error);
      }
      for (const listener of listeners) listener(kept);
    },
    listen(sinceSeq, listener) {
      if (sinceSeq !== null) for (const event of store.events.since(sinceSeq)) listener(event);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
