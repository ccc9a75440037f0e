import { explainError } from '../../base/errors.ts';
import type { AcceleratorReport, DoctorReport } from '../../model/doctor.ts';
import type { Layout } from '../../model/layout.ts';
import type { PacketReport } from '../../model/packet-report.ts';
import type { QemuAbilities } from '../../model/qemu-abilities.ts';
import { failing } from '../../plan/doctor-check.ts';
import { judgeAccelerator } from '../../plan/doctor-kvm.ts';
import { judgeQemu } from '../../plan/doctor-programs.ts';
import { judgeRoot } from '../../plan/doctor-root.ts';
import type { NetworkHealth } from '../network/health.ts';
import { checkRoot } from '../root-check.ts';
import { checkNetwork } from './check-network.ts';
import { checkPackets } from './check-packets.ts';
import { checkPrograms } from './check-programs.ts';
import { checkResources } from './check-resources.ts';
import { checkSystem } from './check-system.ts';
import { checkUplink } from './check-uplink.ts';
import { checkVirtualisation } from './check-virtualisation.ts';
import { guarded } from './guard.ts';

export interface DoctorInput {
  layout: Layout;
  /** Boots the probe, or reads what this boot has shown already. */
  accelerator: () => Promise<AcceleratorReport>;
  abilities: () => Promise<QemuAbilities>;
  network: () => Promise<NetworkHealth>;
  /** Sends packets of a guest through the host. */
  tryPackets: () => Promise<PacketReport>;
  isSetUp: () => Promise<boolean>;
}

/** Every check of the host, in the order in which a reader mends them. A check that breaks is reported as that, alone. */
export async function runDoctor(input: DoctorInput): Promise<DoctorReport> {
  const probe = input.accelerator().then(
    (report) => ({ report, check: judgeAccelerator(report) }),
    (error: unknown) => ({
      report: null,
      check: failing('accelerator', 'the probe could not be run', explainError(error), 'lodge setup'),
    }),
  );
  const qemu = input
    .abilities()
    .then(judgeQemu, (error: unknown) => failing('qemu', 'QEMU does not run', explainError(error), 'lodge setup'));
  const groups = await Promise.all([
    guarded(['cpu-flags', 'firmware', 'kvm-device', 'nesting'], checkVirtualisation),
    guarded(['packages', 'accounts'], checkPrograms),
    qemu.then((check) => [check]),
    guarded(['root'], async () => [judgeRoot(input.layout.root, await checkRoot(input.layout))]),
    checkResources(input.layout),
    checkNetwork(),
    checkPackets(input),
    checkUplink(input.network),
    checkSystem(),
  ]);
  const { report, check } = await probe;
  return { checks: [check, ...groups.flat()], accelerator: report };
}
