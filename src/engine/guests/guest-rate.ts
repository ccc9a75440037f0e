import type { Clock } from '../../base/clock.ts';

/**
 * How often something is done for one guest: so many times in a span of time, whatever the others have. What lies further back is
 * forgotten, with guests that are gone.
 */
export class GuestRate {
  readonly #clock: Clock;
  readonly #limit: { most: number; withinMs: number };
  readonly #times = new Map<string, number[]>();

  constructor(clock: Clock, limit: { most: number; withinMs: number }) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Whether it may be done once more now; then it is counted. */
  take(guest: string): boolean {
    const nowMs = this.#clock.nowMs();
    for (const [name, times] of this.#times) {
      // The distance and not the difference: a clock that was set back must not forbid it for long.
      const recent = times.filter((timeMs) => Math.abs(nowMs - timeMs) < this.#limit.withinMs);
      if (recent.length === 0) this.#times.delete(name);
      else this.#times.set(name, recent);
    }
    const times = this.#times.get(guest) ?? [];
    if (times.length >= this.#limit.most) return false;
    this.#times.set(guest, [...times, nowMs]);
    return true;
  }

  /** Of how many guests something is remembered. */
  get size(): number {
    return this.#times.size;
  }
}
