import { explainError, isLodgeError, toErrorBody } from '../../base/errors.ts';
import type { PacketReport } from '../../model/packet-report.ts';
import type { PacketTrial } from '../../plan/packets/judge-report.ts';

interface Trial {
  tryPackets: () => Promise<PacketReport>;
  isSetUp: () => Promise<boolean>;
}

/** Sends packets of a guest through this host; what keeps it from being tried is told as that. */
export async function tryGuestPackets({ tryPackets, isSetUp }: Trial): Promise<PacketTrial> {
  try {
    return { kind: 'tried', report: await tryPackets() };
  } catch (error) {
    const reason = explainError(error);
    if (!(await isSetUp().catch(() => true))) return { kind: 'untried', reason, isMissing: true };
    const isForbidden = process.getuid?.() !== 0 || /not permitted|PERMISSION_DENIED|EPERM|EACCES/.test(reason);
    if (isForbidden || isOutOfTime(error) || !isLodgeError(error, 'NETWORK_FAILED'))
      return { kind: 'untried', reason, isMissing: false };
    return { kind: 'unattached', reason, hint: toErrorBody(error).hint ?? null };
  }
}

/** A program that was given up: a slow host, on which a guest can be attached all the same. */
function isOutOfTime(error: unknown): boolean {
  if (isLodgeError(error, 'TIMED_OUT')) return true;
  return error instanceof Error && isOutOfTime(error.cause);
}
