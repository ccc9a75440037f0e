import { observeCpu } from '../../host/cpu.ts';
import { observeDeviceNode } from '../../host/device-node.ts';
import { readIfPresent } from '../../host/files.ts';
import { findKernelMessages } from '../../host/kernel.ts';
import { hasProgram } from '../../host/programs.ts';
import { groupsOf, QEMU_USER } from '../../host/users.ts';
import { FIRMWARE_MESSAGE, type VirtualisationFacts } from '../../plan/doctor-kvm.ts';

export async function observeVirtualisation(): Promise<VirtualisationFacts> {
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
    hasModprobe: await hasProgram('modprobe'),
  };
}
