import { explainError, isLodgeError, toErrorBody } from '../../base/errors.ts';
import type { DoctorCheck } from '../../model/doctor.ts';
import type { PacketReport } from '../../model/packet-report.ts';
import { judgePackets, judgeUnattached, judgeUntried } from '../../plan/packets/judge-report.ts';

interface PacketCheck {
  tryPackets: () => Promise<PacketReport>;
  isSetUp: () => Promise<boolean>;
}

/** Sends packets of a guest through this host; what keeps it from being tried is told as that. */
export async function checkPackets({ tryPackets, isSetUp }: PacketCheck): Promise<DoctorCheck[]> {
  try {
    return [judgePackets(await tryPackets())];
  } catch (error) {
    const reason = explainError(error);
    if (!(await isSetUp().catch(() => true))) return [judgeUntried(reason, true)];
    const isForbidden = process.getuid?.() !== 0 || /not permitted|PERMISSION_DENIED|EPERM|EACCES/.test(reason);
    if (isForbidden || !isLodgeError(error, 'NETWORK_FAILED')) return [judgeUntried(reason, false)];
    return [judgeUnattached(reason, toErrorBody(error).hint ?? null)];
  }
}
