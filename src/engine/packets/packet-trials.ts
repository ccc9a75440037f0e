import type { GuestNic } from '../../model/guest.ts';
import type { PacketReport } from '../../model/packet-report.ts';
import { isUnexplained, mergeTrials } from '../../plan/packets/merge-trials.ts';
import { PATIENCE } from '../../plan/packets/pace.ts';
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
    const report = await tryPackets(this.#deps, watched, PATIENCE.first);
    if (!report.hops.some(isUnexplained)) return report;
    return mergeTrials(report, await tryPackets(this.#deps, watched, PATIENCE.second));
  }
}
