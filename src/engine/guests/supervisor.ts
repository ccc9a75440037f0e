import type { Clock } from '../../base/clock.ts';
import { explainError } from '../../base/errors.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import { guestLayoutOf, type Layout } from '../../model/layout.ts';
import type { Monitor } from '../../qemu/monitor.ts';
import { keepMonitor, type MonitorKeeper } from '../../qemu/monitor-keeper.ts';
import { findQemu } from '../../qemu/process.ts';
import { queryStatus } from '../../qemu/qmp-commands.ts';
import type { QmpEvent } from '../../qemu/qmp-wire.ts';
import type { Store } from '../../store/store.ts';
import type { EventLog } from '../event-log.ts';
import type { Log } from '../log.ts';
import { GuestRate } from './guest-rate.ts';
import { readGuest, setPhase } from './guest-records.ts';
import { WatchdogEvents } from './watchdog-events.ts';

export interface SupervisorInput {
  store: Store;
  layout: Layout;
  events: EventLog;
  clock: Clock;
  log: Log;
  /** Of which users the guest's QEMU may be. */
  uidsOf(record: GuestRecord): number[];
}

/** A guest that has run this long has recovered: its next crash is its first. */
const RECOVERED_AFTER_MS = 10 * 60_000;

/** How often a guest may stand still and go on before it is asked, later, which of it holds: each is written to the store. */
const MOST_TURNS = 20;
const TURNS_WITHIN_MS = 10_000;

/**
 * Watches the QEMU of every running guest over its monitor. It owns no guest: QEMU goes on without it, and the
 * supervisor of the next daemon watches again from where it finds things.
 */
export class Supervisor {
  readonly #input: SupervisorInput;
  readonly #keepers = new Map<string, MonitorKeeper>();
  readonly #watchdogs: WatchdogEvents;
  readonly #turns: GuestRate;
  readonly #askedLater = new Map<string, NodeJS.Timeout>();
  readonly #withinMs: number;
  #onExit: (name: string) => void = () => {};

  constructor(input: SupervisorInput, withinMs = TURNS_WITHIN_MS) {
    this.#input = input;
    this.#withinMs = withinMs;
    this.#turns = new GuestRate(input.clock, { most: MOST_TURNS, withinMs });
    this.#watchdogs = new WatchdogEvents(input);
  }

  /** Wiring: what to do when a guest's QEMU has ended without the supervisor being told to look away. */
  onExit(handler: (name: string) => void): void {
    this.#onExit = handler;
  }

  /** The process of the guest's QEMU, null when there is none. */
  async pidOf(name: string): Promise<number | null> {
    const record = readGuest(this.#input.store, name);
    return findQemu(this.#layoutOf(record), record.spec.uuid, this.#input.uidsOf(record));
  }

  /** The connected monitor of this moment. */
  monitorOf(name: string): Monitor | null {
    return this.#keepers.get(name)?.current() ?? null;
  }

  watched(): string[] {
    return [...this.#keepers.keys()];
  }

  /** Begins to watch a guest whose QEMU runs; resolves when the first attempt to connect has ended, or QEMU. */
  watch(name: string): Promise<void> {
    if (this.#keepers.has(name)) return Promise.resolve();
    const record = readGuest(this.#input.store, name);
    const layout = this.#layoutOf(record);
    const { promise, resolve } = Promise.withResolvers<void>();
    const keeper = keepMonitor({
      socketPath: layout.qmpSocket,
      isAlive: async () => (await findQemu(layout, record.spec.uuid, this.#input.uidsOf(record))) !== null,
      onConnected: (monitor) => {
        monitor.onEvent((event) => this.#onEventSafely(name, event));
        resolve();
        void this.#readStatus(name, monitor);
      },
      onGone: () => {
        this.#keepers.delete(name);
        resolve();
        this.#onExit(name);
      },
      onTrouble: (error, nextTryMs) => {
        this.#input.log.warn({ guest: name, nextTryMs }, `monitor lost: ${explainError(error)}`);
        // One QEMU that does not answer must not keep a daemon from looking after the others.
        resolve();
      },
    });
    this.#keepers.set(name, keeper);
    return promise;
  }

  /** Looks away: what happens to this QEMU now is somebody's doing. */
  unwatch(name: string): void {
    const keeper = this.#keepers.get(name);
    this.#keepers.delete(name);
    void keeper?.stop();
  }

  /** Lets go of every guest; none of them notices. */
  async close(): Promise<void> {
    for (const timer of this.#askedLater.values()) clearTimeout(timer);
    this.#askedLater.clear();
    const keepers = [...this.#keepers.values()];
    this.#keepers.clear();
    await Promise.all(keepers.map((keeper) => keeper.stop()));
  }

  /** Restarts so far, for the back-off; counted anew after a long run. */
  restartsOf(record: GuestRecord): number {
    const ranMs = record.startedAtMs === null ? 0 : this.#input.clock.nowMs() - record.startedAtMs;
    return ranMs > RECOVERED_AFTER_MS ? 0 : record.restartCount;
  }

  async #readStatus(name: string, monitor: Monitor): Promise<void> {
    try {
      const { status } = await queryStatus(monitor);
      const phase = readGuest(this.#input.store, name).phase;
      if (status === 'paused' && phase === 'running') setPhase(this.#input, name, 'paused');
      if (status === 'running' && phase === 'paused') setPhase(this.#input, name, 'running');
    } catch (error) {
      this.#input.log.warn({ guest: name }, `status unknown: ${explainError(error)}`);
    }
  }

  #askLater(name: string): void {
    if (this.#askedLater.has(name)) return;
    const ask = () => {
      this.#askedLater.delete(name);
      const monitor = this.monitorOf(name);
      if (monitor !== null) void this.#readStatus(name, monitor);
    };
    this.#askedLater.set(name, setTimeout(ask, this.#withinMs).unref());
  }

  /** It is called from a socket: what is thrown there ends the daemon. */
  #onEventSafely(name: string, event: QmpEvent): void {
    try {
      this.#onEvent(name, event);
    } catch (error) {
      this.#input.log.error({ guest: name, event: event.name }, explainError(error));
    }
  }

  #onEvent(name: string, event: QmpEvent): void {
    const record = this.#input.store.guests.find(name);
    if (record === null) return;
    if (event.name === 'WATCHDOG') this.#watchdogs.tell(name, String(event.data?.action ?? 'unknown'));
    const isTurn = event.name === 'STOP' || event.name === 'RESUME';
    if (isTurn && !this.#turns.take(name)) this.#askLater(name);
    else if (event.name === 'STOP' && record.phase === 'running') setPhase(this.#input, name, 'paused');
    else if (event.name === 'RESUME' && record.phase === 'paused') setPhase(this.#input, name, 'running');
  }

  #layoutOf({ spec }: GuestRecord) {
    return guestLayoutOf(this.#input.layout, spec.name, spec.disk.format);
  }
}
