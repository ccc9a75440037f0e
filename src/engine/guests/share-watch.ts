import type { Clock } from '../../base/clock.ts';
import { explainError } from '../../base/errors.ts';
import { compareRefusals, type RefusalMemory } from '../../plan/share-alarm.ts';
import type { EventLog } from '../event-log.ts';
import type { Log } from '../log.ts';
import type { GuestNetwork } from './guest-network.ts';

const INTERVAL_MS = 10_000;

interface WatchInput {
  network: Pick<GuestNetwork, 'refusals'>;
  clock: Clock;
  events: Pick<EventLog, 'publish'>;
  log: Pick<Log, 'error' | 'warn'>;
}

/** Tells of guests that have met a limit of theirs; the returned function ends that. */
export function watchShares(input: WatchInput, intervalMs = INTERVAL_MS): () => void {
  let memory: RefusalMemory | null = null;
  let isOver = false;
  let isLooking = false;
  const look = async () => {
    const reading = await input.network.refusals();
    // The store may be closed by now.
    if (isOver) return;
    const { memory: next, alarms } = compareRefusals(memory, reading, input.clock.nowMs());
    memory = next;
    for (const { guest, share, packets } of alarms) {
      input.log.warn({ guest, share, packets }, 'a guest has met a limit of its own');
      input.events.publish({ type: 'guest.limit', guest, share, packets });
    }
  };
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    look()
      .catch(
        (error: unknown) => isOver || input.log.error({}, `guests' shares cannot be watched: ${explainError(error)}`),
      )
      .finally(() => {
        isLooking = false;
      });
  }, intervalMs);
  timer.unref();
  return () => {
    isOver = true;
    clearInterval(timer);
  };
}
