import { observeCpu } from '../../host/cpu.ts';
import { observeDeviceNode } from '../../host/device-node.ts';
import { pathExists, readIfPresent } from '../../host/files.ts';
import { findKernelMessages } from '../../host/kernel.ts';
import { groupsOf, QEMU_USER } from '../../host/users.ts';
import type { DoctorCheck } from '../../model/doctor.ts';
import {
  FIRMWARE_MESSAGE,
  judgeCpuFlags,
  judgeFirmware,
  judgeKvmDevice,
  judgeNesting,
  type VirtualisationFacts,
} from '../../plan/doctor-kvm.ts';

const MODPROBE = ['/usr/sbin/modprobe', '/sbin/modprobe'];

export async function checkVirtualisation(): Promise<DoctorCheck[]> {
  const facts = await observeVirtualisation();
  return [judgeCpuFlags(facts), judgeFirmware(facts), judgeKvmDevice(facts), judgeNesting(facts)];
}

async function observeVirtualisation(): Promise<VirtualisationFacts> {
  const [cpu, firmwareMessages, kvmDevice, intel, amd] = await Promise.all([
    observeCpu(),
    findKernelMessages(FIRMWARE_MESSAGE),
    observeDeviceNode('/dev/kvm'),
    readIfPresent('/sys/module/kvm_intel/parameters/nested'),
    readIfPresent('/sys/module/kvm_amd/parameters/nested'),
  ]);
  return {
    vendor: cpu.vendor,
    flags: cpu.flags,
    firmwareMessages,
    kvmDevice,
    nested: (intel ?? amd)?.trim() ?? null,
    qemuGroups: groupsOf(QEMU_USER),
    hasModprobe: (await Promise.all(MODPROBE.map(pathExists))).includes(true),
  };
}
