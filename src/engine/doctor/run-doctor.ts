import type { AcceleratorReport, DoctorReport } from '../../model/doctor.ts';
import type { Layout } from '../../model/layout.ts';
import type { PacketReport } from '../../model/packet-report.ts';
import type { QemuAbilities } from '../../model/qemu-abilities.ts';
import { judgeHost } from '../../plan/judge-host.ts';
import type { NetworkHealth } from '../network/health.ts';
import { checkRoot } from '../root-check.ts';
import { known } from './known.ts';
import { observeNetworkFacts } from './observe-network.ts';
import { observePrograms } from './observe-programs.ts';
import { observeResources } from './observe-resources.ts';
import { observeSystem } from './observe-system.ts';
import { observeVirtualisation } from './observe-virtualisation.ts';
import { tryGuestPackets } from './try-guest-packets.ts';

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

/** Looks at everything at once and judges it. What breaks is told as that, alone. */
export async function runDoctor(input: DoctorInput): Promise<DoctorReport> {
  const { layout } = input;
  const [accelerator, qemu, virtualisation, programs, root, resources, network, packets, uplink, system] =
    await Promise.all([
      known(input.accelerator),
      known(input.abilities),
      known(observeVirtualisation),
      observePrograms(),
      known(async () => ({ root: layout.root, problems: await checkRoot(layout) })),
      observeResources(layout),
      observeNetworkFacts(),
      tryGuestPackets(input),
      known(input.network),
      observeSystem(),
    ]);
  const facts = { accelerator, qemu, virtualisation, root, packets, uplink };
  const checks = judgeHost({ ...facts, ...programs, ...resources, ...network, ...system });
  return { checks, accelerator: 'facts' in accelerator ? accelerator.facts : null };
}
