import type { Clock } from '../../base/clock.ts';
import type { EventLog } from '../event-log.ts';

const TOLD_EVERY_MS = 60_000;

/**
 * Makes an event of a guest's watchdog, at most one a minute of each guest: it can let it run out each second, and must not push what
 * happened to others out of the list that is kept.
 */
export class WatchdogEvents {
  readonly #input: { events: Pick<EventLog, 'publish'>; clock: Clock };
  readonly #toldMs = new Map<string, number>();

  constructor(input: { events: Pick<EventLog, 'publish'>; clock: Clock }) {
    this.#input = input;
  }

  tell(guest: string, action: string): void {
    const nowMs = this.#input.clock.nowMs();
    const toldMs = this.#toldMs.get(guest);
    if (toldMs !== undefined && nowMs - toldMs < TOLD_EVERY_MS) return;
    this.#toldMs.set(guest, nowMs);
    this.#input.events.publish({ type: 'guest.watchdog', guest, action });
  }
}
