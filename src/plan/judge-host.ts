import type { Problem } from '../base/errors.ts';
import type { AcceleratorReport, DoctorCheck } from '../model/doctor.ts';
import type { Known } from '../model/known.ts';
import { failing, unchecked } from './doctor-check.ts';
import { type Ipv6Facts, judgeIpv6 } from './doctor-ipv6.ts';
import {
  judgeAccelerator,
  judgeCpuFlags,
  judgeFirmware,
  judgeKvmDevice,
  judgeNesting,
  type VirtualisationFacts,
} from './doctor-kvm.ts';
import { judgeNameService, type NameFacts } from './doctor-names.ts';
import { judgeBridgeNetfilter, judgeForwarding, judgeNft } from './doctor-network.ts';
import { judgeAccounts, judgePackages, judgeQemu } from './doctor-programs.ts';
import {
  type DiskSpaceFacts,
  judgeDisk,
  judgeInodes,
  judgeMemory,
  judgeSwap,
  type MemoryFacts,
} from './doctor-resources.ts';
import { judgeRoot } from './doctor-root.ts';
import {
  type AppArmorFacts,
  type ClockFacts,
  judgeAppArmor,
  judgeClock,
  judgeConfinement,
  judgeSystemd,
} from './doctor-system.ts';
import { type GuardFacts, judgeHostNetwork, judgeMacGuard } from './doctor-uplink.ts';
import { withPrograms } from './fix-programs.ts';
import { judgeTrial, type PacketTrial } from './packets/judge-report.ts';
import { judgeStateMount, type Mount } from './state-mount.ts';
import { tellOnce } from './tell-once.ts';

export interface NetworkFacts {
  /** What nft said to a sample of our rules; null: it took it. */
  nft: Known<string | null>;
  forwarding: Known<Parameters<typeof judgeForwarding>[0]>;
  ipv6: Known<Ipv6Facts>;
  names: Known<NameFacts>;
  bridgeSwitches: Known<Record<string, string> | null>;
}

/** Everything that `lodge doctor` looks at: with it, its report is a matter of thought alone. */
export interface HostFacts extends NetworkFacts {
  accelerator: Known<AcceleratorReport>;
  virtualisation: Known<VirtualisationFacts>;
  missingPackages: Known<string[]>;
  accounts: Known<Parameters<typeof judgeAccounts>[0]>;
  qemu: Known<Parameters<typeof judgeQemu>[0]>;
  root: Known<{ root: string; problems: Problem[] }>;
  memory: Known<MemoryFacts>;
  disk: Known<DiskSpaceFacts>;
  stateMount: Known<{ path: string; mount: Mount | null }>;
  packets: PacketTrial;
  uplink: Known<{ guard: GuardFacts; network: Parameters<typeof judgeHostNetwork>[0] }>;
  clock: Known<ClockFacts>;
  appArmor: Known<AppArmorFacts>;
  /** Version of landlock, 0 for none. */
  landlock: Known<number>;
  systemd: Known<boolean>;
  /** Those of `PROGRAMS_TO_LOOK_FOR` that are installed. */
  programs: readonly string[];
}

/** Every check of the host, in the order in which a reader mends them. */
export function judgeHost(facts: HostFacts): DoctorCheck[] {
  const checks = [
    ...judgeMachine(facts),
    ...judge(['root'], facts.root, ({ root, problems }) => [judgeRoot(root, problems)]),
    ...judge(['memory', 'swap'], facts.memory, (memory) => [judgeMemory(memory), judgeSwap(memory)]),
    ...judge(['disk', 'inodes'], facts.disk, (disk) => [judgeDisk(disk), judgeInodes(disk)]),
    ...judge(['state-mount'], facts.stateMount, ({ path, mount }) => [judgeStateMount(path, mount)]),
    ...judgeNetwork(facts),
    judgeTrial(facts.packets),
    ...judge(['mac-guard', 'network'], facts.uplink, ({ guard, network }) => [
      judgeMacGuard(guard),
      judgeHostNetwork(network),
    ]),
    ...judge(['clock'], facts.clock, (clock) => [judgeClock(clock)]),
    ...judge(['apparmor'], facts.appArmor, (appArmor) => [judgeAppArmor(appArmor)]),
    ...judge(['confinement'], facts.landlock, (version) => [judgeConfinement(version)]),
    ...judge(['systemd'], facts.systemd, (systemd) => [judgeSystemd(systemd)]),
  ];
  return tellOnce(checks.map((check) => withPrograms(check, facts.programs)));
}

/** What runs a guest. */
function judgeMachine(facts: HostFacts): DoctorCheck[] {
  const { accelerator, qemu } = facts;
  return [
    'facts' in accelerator
      ? judgeAccelerator(accelerator.facts)
      : failing('accelerator', 'the probe could not be run', accelerator.reason, 'lodge setup'),
    ...judge(['cpu-flags', 'firmware', 'kvm-device', 'nesting'], facts.virtualisation, (found) => [
      judgeCpuFlags(found),
      judgeFirmware(found),
      judgeKvmDevice(found),
      judgeNesting(found),
    ]),
    ...judge(['packages'], facts.missingPackages, (missing) => [judgePackages(missing)]),
    ...judge(['accounts'], facts.accounts, (accounts) => [judgeAccounts(accounts)]),
    'facts' in qemu ? judgeQemu(qemu.facts) : failing('qemu', 'QEMU does not run', qemu.reason, 'lodge setup'),
  ];
}

export function judgeNetwork({ nft, forwarding, ipv6, names, bridgeSwitches }: NetworkFacts): DoctorCheck[] {
  return [
    ...judge(['nft'], nft, (refusal) => [judgeNft(refusal)]),
    ...judge(['forwarding'], forwarding, (found) => [judgeForwarding(found)]),
    ...judge(['ipv6'], ipv6, (found) => [judgeIpv6(found)]),
    ...judge(['name-service'], names, (found) => [judgeNameService(found)]),
    ...judge(['br-netfilter'], bridgeSwitches, (found) => [judgeBridgeNetfilter(found)]),
  ];
}

/** When the facts cannot be had, each of the checks is reported as unchecked. */
function judge<T>(ids: string[], known: Known<T>, say: (facts: T) => DoctorCheck[]): DoctorCheck[] {
  return 'facts' in known ? say(known.facts) : ids.map((id) => unchecked(id, known.reason));
}
