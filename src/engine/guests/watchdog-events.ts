import type { Clock } from '../../base/clock.ts';
import type { EventLog } from '../event-log.ts';
import { GuestRate } from './guest-rate.ts';

/**
 * Makes an event of a guest's watchdog, at most one a minute of each guest: it can let it run out each second, and must not push what
 * happened to others out of the list that is kept.
 */
export class WatchdogEvents {
  readonly #events: Pick<EventLog, 'publish'>;
  readonly #rate: GuestRate;

  constructor({ events, clock }: { events: Pick<EventLog, 'publish'>; clock: Clock }) {
    this.#events = events;
    this.#rate = new GuestRate(clock, { most: 1, withinMs: 60_000 });
  }

  tell(guest: string, action: string): void {
    if (this.#rate.take(guest)) this.#events.publish({ type: 'guest.watchdog', guest, action });
  }
}
