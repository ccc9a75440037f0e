import { shellWord } from '../../base/quoting/shell-word.ts';
import { isLodgeTable } from '../../model/lodge-tables.ts';
import type { HopReport, PacketFamily, PacketStop, TakenTaps } from '../../model/packet-report.ts';
import { baseName, directoryOf } from '../../parse/networkd-files.ts';

export interface TakenFacts {
  /** The families in which a tap has lost its address or its route. */
  lost: PacketFamily[];
  /** The file by which systemd-networkd configures a tap. */
  networkFile: string | null;
  /** Our own, which keeps it off, and whether it is there. */
  ourFile: string;
  /** Programs that run here and configure links. */
  programs: readonly string[];
}

/** Who has taken the taps, and what keeps him off; null when nobody has. */
export function explainTaken({ lost, networkFile, ourFile, programs }: TakenFacts): TakenTaps | null {
  if (networkFile !== null) {
    const owner = 'systemd-networkd';
    const reason = `${owner} configures the taps of guests, by ${networkFile}${lost.length === 0 ? '' : ', and has taken their addresses away'}`;
    return { lost, owner, reason, fix: keepOff(networkFile, ourFile) };
  }
  if (lost.length === 0) return null;
  const known = programs.length === 0 ? '' : ` (${programs.join(', ')} configures links here)`;
  return {
    lost,
    owner: null,
    reason: `another program has taken the addresses of guests' taps away${known}`,
    fix: null,
  };
}

/** The first file by name decides: one that comes before ours gets a name behind it, one that has its name goes, and any other has not been read with it. */
function keepOff(networkFile: string, ourFile: string): string {
  const [name, ours] = [baseName(networkFile), baseName(ourFile)];
  if (name > ours) return 'networkctl reload';
  const later = `${directoryOf(networkFile)}/10-${name.replace(/^[^0-9A-Za-z]+/, '')}`;
  return `mv ${shellWord(networkFile)} ${shellWord(later)} && networkctl reload`;
}

/** What a tap has lost, nothing of that family gets through without: that is the reason, whatever else showed. Rules of others keep what they stopped. */
export function withoutTaken(hops: readonly HopReport[], taken: TakenTaps | null): HopReport[] {
  if (taken === null) return [...hops];
  const stop: PacketStop = {
    cause: {
      kind: 'kernel',
      reason: taken.reason,
      fix: taken.fix,
      ...(taken.owner !== null && { owner: taken.owner }),
    },
    side: 'from-guest',
    isAnswer: false,
  };
  return hops.map((hop) => {
    const isByRule = hop.stop?.cause.kind === 'rule' && !isLodgeTable(hop.stop.cause.table);
    return taken.lost.includes(hop.family) && !isByRule ? { ...hop, outcome: 'stopped', reason: null, stop } : hop;
  });
}
