import { LodgeError } from '../../../base/errors.ts';
import { EXECS_AT_ONCE } from '../../../model/guest-exec.ts';
import { ExecLane, sweepLanes } from '../../../qemu/exec-lane.ts';
import type { Monitor } from '../../../qemu/monitor.ts';

/** A lane that was used is kept this long for the next command: plugging one is the slow part. */
const KEPT_MS = 60_000;
const MOST_KEPT = 2;

interface Pool {
  monitor: Monitor;
  swept: Promise<void>;
  used: Set<number>;
  idle: { lane: ExecLane; timer: NodeJS.Timeout }[];
}

/** The lanes of every guest. A pool belongs to one connection to one QEMU: another one begins anew. */
export class ExecLanes {
  readonly #pools = new Map<string, Pool>();

  /** @throws GUEST_BUSY when the guest runs as many commands as it may, QMP_FAILED when QEMU refuses a port */
  async take(guest: string, monitor: Monitor, runDir: string): Promise<ExecLane> {
    const pool = this.#poolOf(guest, monitor);
    await pool.swept;
    const kept = pool.idle.pop();
    if (kept !== undefined) {
      clearTimeout(kept.timer);
      return kept.lane;
    }
    for (let index = 0; index < EXECS_AT_ONCE; index++) {
      if (pool.used.has(index)) continue;
      pool.used.add(index);
      return new ExecLane(monitor, runDir, index);
    }
    throw new LodgeError('GUEST_BUSY', `${guest} runs ${EXECS_AT_ONCE} commands of lodge exec and lodge cp already`, {
      hint: 'wait until one of them has ended',
    });
  }

  /** Takes a lane away by which no command began: whether one will yet, nobody knows. Never rejects. */
  async drop(guest: string, lane: ExecLane): Promise<void> {
    const pool = this.#pools.get(guest);
    if (pool?.monitor === lane.monitor) await this.#drop(pool, lane);
    else await lane.unplug();
  }

  /** Keeps the lane for the next command when nobody in the guest holds it, else takes it away. Never rejects. */
  async giveBack(guest: string, lane: ExecLane): Promise<void> {
    const pool = this.#pools.get(guest);
    const reusable = await lane.settle();
    if (pool?.monitor !== lane.monitor) return lane.unplug();
    if (!reusable || pool.idle.length >= MOST_KEPT) return this.#drop(pool, lane);
    const timer = setTimeout(() => {
      pool.idle = pool.idle.filter((one) => one.lane !== lane);
      void this.#drop(pool, lane);
    }, KEPT_MS);
    timer.unref();
    pool.idle.push({ lane, timer });
  }

  /** Takes away what a daemon before us left in a running guest: its commands there wait for a reader that never comes. */
  async adopt(guest: string, monitor: Monitor): Promise<void> {
    await this.#poolOf(guest, monitor).swept;
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    for (const { idle } of pools) {
      for (const { lane, timer } of idle) {
        clearTimeout(timer);
        await lane.unplug();
      }
    }
  }

  #poolOf(guest: string, monitor: Monitor): Pool {
    const known = this.#pools.get(guest);
    if (known?.monitor === monitor) return known;
    for (const { timer } of known?.idle ?? []) clearTimeout(timer);
    const pool: Pool = { monitor, swept: sweepLanes(monitor), used: new Set(), idle: [] };
    // Told to whoever waits for it; nobody may be.
    pool.swept.catch(() => {});
    this.#pools.set(guest, pool);
    void monitor.closed.then(() => {
      for (const { timer } of pool.idle) clearTimeout(timer);
      if (this.#pools.get(guest) === pool) this.#pools.delete(guest);
    });
    return pool;
  }

  async #drop(pool: Pool, lane: ExecLane): Promise<void> {
    await lane.unplug();
    pool.used.delete(lane.index);
  }
}
