import { sleep } from '../base/clock.ts';
import { isLodgeError, LodgeError } from '../base/errors.ts';
import { connectMonitor, type Monitor, type MonitorOptions } from './monitor.ts';
import type { MonitorEnd } from './qmp-connection.ts';

/** Waits between attempts: short at first, because a QEMU that has just started listens within 50 ms. */
const BACK_OFF_MS = [20, 50, 100, 250, 500, 1_000, 2_000, 5_000];

/** A connection that lasted was a good one. A QEMU that hangs up each time is tried ever more seldom, and told of as seldom. */
const LASTING_MS = 5_000;

export interface MonitorKeeperOptions extends MonitorOptions {
  socketPath: string;
  /** Whether the QEMU behind the socket still exists: asked after each lost connection. */
  isAlive: () => Promise<boolean>;
  /** Called with each new connection; events before the listener is set are lost, so set it synchronously. */
  onConnected: (monitor: Monitor) => void;
  /** Called once, when QEMU is gone. `end` is how the last connection ended; null when there was none. */
  onGone: (end: MonitorEnd | null) => void;
  /** Called when a connection is lost or refused while QEMU lives, and has not just announced that it ends. */
  onTrouble?: (error: unknown, nextTryMs: number) => void;
}

export interface MonitorKeeper {
  /** The connection of this moment, or null while there is none. */
  current(): Monitor | null;
  /** Closes the connection and ends the watch without `onGone`. */
  stop(): Promise<void>;
}

/** Keeps a monitor connected for as long as its QEMU lives, reconnecting with growing waits. */
export function keepMonitor(options: MonitorKeeperOptions): MonitorKeeper {
  const stopping = new AbortController();
  let current: Monitor | null = null;

  async function watch(): Promise<void> {
    let last: MonitorEnd | null = null;
    let attempt = 0;
    while (!stopping.signal.aborted) {
      let trouble: unknown;
      try {
        current = await connectMonitor(options.socketPath, options);
        if (stopping.signal.aborted) return;
        const sinceMs = performance.now();
        options.onConnected(current);
        last = await current.closed;
        if (performance.now() - sinceMs >= LASTING_MS) attempt = 0;
        trouble = last.error ?? new LodgeError('QMP_CLOSED', 'QEMU has closed it');
      } catch (error) {
        if (!isLodgeError(error)) throw error;
        trouble = error;
      } finally {
        current?.close();
        current = null;
      }
      if (stopping.signal.aborted) return;
      if (!(await options.isAlive())) return options.onGone(last);
      // A QEMU that has announced its end closes its monitor a moment before it is gone. One that stays all the same is told of.
      const isEnding = last?.shutdown != null && attempt < BACK_OFF_MS.length;
      const waitMs = BACK_OFF_MS[Math.min(attempt++, BACK_OFF_MS.length - 1)] ?? 0;
      if (!isEnding) options.onTrouble?.(trouble, waitMs);
      await sleep(waitMs, stopping.signal).catch(() => {});
    }
  }

  const watching = watch();
  return {
    current: () => current,
    async stop() {
      stopping.abort();
      current?.close();
      await watching;
    },
  };
}
