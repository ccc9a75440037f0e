import type { DoctorCheck } from '../model/doctor.ts';
import { type ForeignMac, listForeignMacs } from '../model/foreign-mac.ts';
import type { GuardHook } from '../model/network-change.ts';
import type { GuardReading } from '../model/network-facts.ts';
import type { Finding } from '../model/network-finding.ts';
import type { NetworkTransaction } from '../model/network-plan.ts';
import { GUARD_TABLE } from '../render/mac-guard.ts';
import { failing, fine, warned } from './doctor-check.ts';

export interface GuardFacts {
  uplink: string | null;
  /** The bridge that the uplink is a port of. */
  bridge: string | null;
  guard: GuardReading | null;
  /** `guard.foreignMacs` with whose they are. */
  foreignMacs: ForeignMac[];
  /** The plan in force loads a guard at each boot. */
  isWanted: boolean;
  hook: GuardHook;
  /** The script that makes at boot what the plan in force says. */
  bootScript: string;
}

/** Whether something with a MAC that the provider does not know can leave the host, and whether it has tried. */
export function judgeMacGuard(facts: GuardFacts): DoctorCheck {
  const id = 'mac-guard';
  const { uplink, bridge, guard } = facts;
  if (guard === null) return facts.isWanted ? judgeLostGuard(facts) : judgeUnguarded(facts);
  if (guard.droppedFrames > 0) return judgeForeignFrames(guard, facts);
  if (bridge !== null && guard.uplink !== uplink) {
    const detail = `It lets ${guard.allowedMacs.join(', ')} leave ${guard.uplink}; nothing judges what leaves ${uplink}.`;
    return warned(id, `the MAC guard is on ${guard.uplink}, and the uplink is ${uplink}`, detail, PLAN_BRIDGED);
  }
  return fine(
    id,
    `the MAC guard is on ${guard.uplink}, and nothing foreign has tried to leave`,
    `It lets ${guard.allowedMacs.join(', ')} leave.`,
  );
}

const PLAN_BRIDGED =
  'lodge net plan --layout bridged, then lodge net prove and lodge net apply: the guard comes with it';

function judgeLostGuard({ uplink, bootScript }: GuardFacts): DoctorCheck {
  return warned(
    'mac-guard',
    'the MAC guard that the plan in force wants is not loaded',
    `Another program flushed nftables (nft flush ruleset, a restart of nftables.service), or ${uplink ?? 'the uplink'} was renamed.`,
    `sh ${bootScript} early`,
  );
}

function judgeUnguarded({ uplink, bridge }: GuardFacts): DoctorCheck {
  if (bridge === null) return fine('mac-guard', 'no bridge is over the uplink: no guard is needed');
  return warned(
    'mac-guard',
    `${uplink} is bridged by ${bridge}, and no MAC guard judges what leaves it`,
    'A guest with a MAC of its own, or a change of the bridge’s, is first noticed by the provider, who may shut the port.',
    PLAN_BRIDGED,
  );
}

function judgeForeignFrames({ uplink, droppedFrames, allowedMacs }: GuardReading, facts: GuardFacts): DoctorCheck {
  const table = `${facts.hook === 'bridge' ? 'bridge' : 'netdev'} ${GUARD_TABLE}`;
  const frames = droppedFrames === 1 ? 'a frame' : `${droppedFrames} frames`;
  return failing(
    'mac-guard',
    `the MAC guard kept ${frames} from leaving ${uplink}, of ${listForeignMacs(facts.foreignMacs)}`,
    `The provider has not seen them, and knows ${allowedMacs.join(', ')} alone. Give the guest or the bridge its right MAC; a virtual ` +
      'MAC that you ordered belongs into host.yaml. Then let the guard count anew:',
    `nft reset counter ${table} dropped && nft flush set ${table} foreign`,
  );
}

/** Findings that the check of the guard tells itself. */
const TOLD_BY_GUARD = ['guard-stopped-frames', 'guard-missing'];

/** Whether a change of the host's network is half done, and what `lodge net explain` calls an alarm. */
export function judgeHostNetwork(facts: { transaction: NetworkTransaction | null; findings: Finding[] }): DoctorCheck {
  const id = 'network';
  const alarms = facts.findings.filter((finding) => finding.level === 'alarm' && !TOLD_BY_GUARD.includes(finding.id));
  const details = alarms.map(({ what, consequence }) => `${what}: ${consequence}`);
  if (facts.transaction !== null) {
    const { plan, state } = facts.transaction;
    const summary = `a change of the network is under way: plan ${plan} is ${state}`;
    const detail = 'Without a confirmation over a new connection the old network comes back by itself.';
    return warned(
      id,
      summary,
      [detail, ...details].join('\n'),
      'lodge net status, then lodge net confirm or lodge net rollback',
    );
  }
  if (alarms.length === 0) return fine(id, 'nothing about the network is an alarm');
  const summary =
    alarms.length === 1
      ? 'one thing about the network is an alarm'
      : `${alarms.length} things about the network are alarms`;
  return warned(id, summary, details.join('\n'), 'lodge net explain');
}
