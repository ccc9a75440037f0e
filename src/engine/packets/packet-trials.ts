import type { GuestNic } from '../../model/guest.ts';
import type { HopReport, PacketReport } from '../../model/packet-report.ts';
import { sweepPackets } from './sweep.ts';
import { type PacketDeps, tryPackets } from './try-packets.ts';

/** One trial at a time: who asks while one is under way gets its answer. */
export class PacketTrials {
  readonly #deps: PacketDeps;
  #running: Promise<PacketReport> | null = null;

  constructor(deps: PacketDeps) {
    this.#deps = deps;
  }

  try(): Promise<PacketReport> {
    this.#running ??= this.#tryOnce().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** The same for a guest that is there and does not answer: after a trial that is under way. */
  async tryFor(nic: GuestNic): Promise<PacketReport> {
    while (this.#running !== null) await this.#running.catch(() => undefined);
    const running = this.#tryOnce(nic).finally(() => {
      this.#running = null;
    });
    this.#running = running;
    return running;
  }

  /** What a daemon that was killed has left of one. */
  sweep(): Promise<boolean> {
    return sweepPackets(this.#deps.layout, this.#deps.network);
  }

  async #tryOnce(watched: GuestNic | null = null): Promise<PacketReport> {
    await this.sweep();
    const report = await tryPackets(this.#deps, watched);
    // Silence without a reason may be a busy machine, or a server that has just been started: it counts when it comes twice.
    return report.hops.some(isUnexplained) ? tryPackets(this.#deps, watched) : report;
  }
}

function isUnexplained({ stop }: HopReport): boolean {
  return stop?.cause.kind === 'kernel' && stop.cause.fix === null;
}
