import type { HopReport, PacketReport } from '../../model/packet-report.ts';
import { stopLines, unlastingLines } from './describe.ts';

/** What a trial says of a guest that does not answer: in words, and the commands that mend it. */
export interface GuestSilence {
  reason: string;
  commands: string[];
}

/** Null when nothing could be found out. */
export function explainGuest(report: PacketReport): GuestSilence | null {
  const hops = report.hops.filter((hop) => !isGuestsOwn(hop));
  if (hops.every(({ outcome }) => outcome === 'untried')) return null;
  const lines = stopLines({ ...report, hops });
  // It is sent in every trial: one that has not seen it has seen nothing that clears the host.
  const isUnseen = hops.some(({ hop, outcome }) => hop === 'ssh-to-this-guest' && outcome === 'untried');
  if (lines.length === 0 && isUnseen) return null;
  if (lines.length === 0) {
    return { reason: 'its packets get through this host: the guest itself does not answer', commands: [] };
  }
  const said = [`this host stops packets of guests: ${lines.join('; ')}`, ...unlastingLines(report.fixes)];
  return { reason: said.join('. '), commands: report.fixes.flatMap(({ now, lasting }) => [...now, ...lasting]) };
}

/** It was brought to the guest, which is to answer by itself. */
function isGuestsOwn({ hop, stop }: HopReport): boolean {
  return hop === 'ssh-to-this-guest' && stop?.cause.kind === 'kernel';
}
