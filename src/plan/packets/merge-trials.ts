import type { HopReport, PacketReport } from '../../model/packet-report.ts';

/** Silence without a reason may be a busy machine, or a server that has just been started: it counts when it comes twice. */
export function isUnexplained({ stop }: HopReport): boolean {
  return stop?.cause.kind === 'kernel' && stop.cause.fix === null;
}

/** The second of two trials, without the silences that the first has not heard. No command mends those: the fixes stay as they are. */
export function mergeTrials(first: PacketReport, second: PacketReport): PacketReport {
  const hasPassed = ({ hop, family, link }: HopReport) =>
    first.hops.some(
      (each) => each.hop === hop && each.family === family && each.link === link && each.outcome === 'passed',
    );
  const hops = second.hops.map((each) =>
    isUnexplained(each) && hasPassed(each) ? { ...each, outcome: 'passed' as const, stop: null } : each,
  );
  return { ...second, hops };
}
