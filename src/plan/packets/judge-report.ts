import { assertNever } from '../../base/assert-never.ts';
import type { DoctorCheck } from '../../model/doctor.ts';
import type { HopReport, PacketHop, PacketReport } from '../../model/packet-report.ts';
import { failing, fine, warned } from '../doctor-check.ts';
import { fixText, hopWords, stopLines, unlastingLines, untriedLines } from './describe.ts';

const ID = 'guest-packets';

/** What a guest does without: it runs all the same. */
const DISPENSABLE: readonly PacketHop[] = ['ping', 'in', 'guest-to-guest'];

/** `unattached`: what kept a guest from being attached at all. `isMissing`: something that set-up installs is not there yet. */
export type PacketTrial =
  | { kind: 'tried'; report: PacketReport }
  | { kind: 'untried'; reason: string; isMissing: boolean }
  | { kind: 'unattached'; reason: string; hint: string | null };

export function judgeTrial(trial: PacketTrial): DoctorCheck {
  switch (trial.kind) {
    case 'tried':
      return judgePackets(trial.report);
    case 'untried':
      return judgeUntried(trial);
    case 'unattached':
      // What stops the trial stops guests.
      return failing(ID, 'no guest can be attached to the network', trial.reason, trial.hint);
    default:
      return assertNever(trial);
  }
}

/** What became of the packets of a guest, as one check. */
function judgePackets(report: PacketReport): DoctorCheck {
  const { hops, fixes } = report;
  const stopped = hops.filter(({ outcome }) => outcome === 'stopped');
  const untried = untriedLines(report);
  if (stopped.length === 0 && report.taken !== null) {
    const { reason, fix } = report.taken;
    const detail = ['A guest that plays the DHCP server may be asked by it.', ...untried].join('\n');
    return { ...warned(ID, reason, detail, fix), packets: report };
  }
  if (stopped.length === 0) return { ...judgeUnstopped(report, untried), packets: report };
  const detail = [...stopLines(report), ...unlastingLines(fixes), ...untried].join('\n');
  const say = stopped.every((each) => isDispensable(each, report)) ? warned : failing;
  return {
    ...say(ID, `this host stops packets of guests: ${hopWords(stopped)}`, detail, fixText(fixes)),
    packets: report,
  };
}

/** Nearly every image learns its IPv6 address by advertisements, and needs no DHCPv6 then. */
function isDispensable({ hop, family }: HopReport, { hops }: PacketReport): boolean {
  if (hop !== 'dhcp' || family !== 'ipv6') return DISPENSABLE.includes(hop);
  return hops.some((each) => each.hop === 'router-advertisement' && each.outcome === 'passed');
}

function judgeUnstopped({ hops }: PacketReport, untried: string[]): DoctorCheck {
  const isTried = (hop: PacketHop) => hops.some((each) => each.hop === hop && each.outcome === 'passed');
  if (isTried('out') && isTried('in')) {
    const families = (['ipv4', 'ipv6'] as const).filter((family) =>
      hops.some((each) => each.hop === 'out' && each.family === family && each.outcome === 'passed'),
    );
    const words = families.map((family) => (family === 'ipv4' ? 'IPv4' : 'IPv6')).join(' and ');
    return fine(
      ID,
      `packets of guests get through: DHCP, DNS, guest to guest, out and in over ${words}`,
      untried.join('\n'),
    );
  }
  const hasPassed = hops.some(({ outcome }) => outcome === 'passed');
  const summary = hasPassed
    ? 'packets of guests get as far as they could be tried'
    : 'packets of guests could not be tried';
  return warned(ID, summary, untried.join('\n'), null);
}

function judgeUntried({ reason, isMissing }: { reason: string; isMissing: boolean }): DoctorCheck {
  return isMissing
    ? warned(ID, 'packets of guests cannot be tried before Lodge is set up', reason, 'lodge setup')
    : warned(ID, 'packets of guests could not be tried', reason, null);
}
