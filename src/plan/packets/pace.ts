/** How patient a trial is: never less than the floor, so many times what the trace itself takes, never more than the ceiling. */
export interface Patience {
  floorMs: number;
  perSight: number;
  ceilingMs: number;
}

/**
 * A conversation that nothing stops and nobody answers is given up. An answer goes through as many processes as a line of the trace,
 * and waits for a server besides. The second trial follows a silence that nothing explains.
 */
export const PATIENCE: Record<'first' | 'second', Patience> = {
  first: { floorMs: 2500, perSight: 10, ceilingMs: 60_000 },
  second: { floorMs: 5000, perSight: 30, ceilingMs: 120_000 },
};

const TRACE_FLOOR_MS = 10_000;
const TRACE_LISTINGS = 40;
const TRACE_CEILING_MS = 60_000;

/**
 * How long the trace may take until it shows anything: the monitor reads all rules first, which takes its time where there are many or
 * the host is slow. `listingMs`: what it has taken to list the chains.
 */
export function traceLimitMs(listingMs: number): number {
  return Math.min(TRACE_CEILING_MS, Math.max(TRACE_FLOOR_MS, TRACE_LISTINGS * listingMs));
}

/** As a guest's own programs do it, a packet that is lost is sent again. */
const AGAIN_MS = 150;
/** More than this between two looks is time in which we did not run: what came meanwhile is read only now. */
const LONGEST_TICK_MS = 500;
/** A mark that was not seen for so long, and for several times what others took, is lost: another one is sent. */
const LOST_MS = 4000;
const LOST_SIGHTS = 4;

/**
 * When the guests ask again and when they are given up, on a host of any speed. A mark is sent behind each round of questions, and
 * seen in the trace: how long that takes is how slow this host is. The next round waits for it, or a slow host would get ever more
 * to do; and silence counts when the trace has shown all that came before.
 */
export class Pace {
  readonly #patience: Patience;
  #tickedMs: number;
  #awakeMs = 0;
  #roundMs = Number.NEGATIVE_INFINITY;
  /** The newest mark, while it was not seen. */
  #awaited: { mark: number; sentMs: number } | null = null;
  #slowestMs = 0;
  #isTraced = false;

  /** `sightMs`: what the first mark took; null when none was seen, and only the clock is left. */
  constructor(patience: Patience, nowMs: number, sightMs: number | null) {
    this.#patience = patience;
    this.#tickedMs = nowMs;
    if (sightMs === null) return;
    this.#isTraced = true;
    this.#slowestMs = sightMs;
  }

  mayAsk(nowMs: number): boolean {
    if (nowMs - this.#roundMs < AGAIN_MS) return false;
    if (this.#awaited === null || !this.#isTraced) return true;
    return nowMs - this.#awaited.sentMs > Math.max(LOST_MS, LOST_SIGHTS * this.#slowestMs);
  }

  asked(mark: number, nowMs: number): void {
    this.#roundMs = nowMs;
    this.#awaited = { mark, sentMs: nowMs };
  }

  saw(mark: number, nowMs: number): void {
    if (this.#awaited?.mark !== mark) return;
    this.#isTraced = true;
    this.#slowestMs = Math.max(this.#slowestMs, nowMs - this.#awaited.sentMs);
    this.#awaited = null;
  }

  /** How long a question waits for its answer here, as far as it is known by now. */
  get patienceMs(): number {
    const { floorMs, perSight, ceilingMs } = this.#patience;
    return Math.min(ceilingMs, Math.max(floorMs, perSight * this.#slowestMs));
  }

  /** `behind`: the trace has not shown in any time what was sent, and silence says nothing. To be asked often. */
  look(nowMs: number): 'wait' | 'over' | 'behind' {
    this.#awakeMs += Math.min(LONGEST_TICK_MS, nowMs - this.#tickedMs);
    this.#tickedMs = nowMs;
    if (this.#awakeMs < this.patienceMs) return 'wait';
    if (this.#awaited === null || !this.#isTraced) return 'over';
    return this.#awakeMs < this.#patience.ceilingMs ? 'wait' : 'behind';
  }
}
