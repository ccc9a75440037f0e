import type { AcceleratorMeasurement, AcceleratorReport, DoctorCheck } from '../model/doctor.ts';
import { failing, fine, warned } from './doctor-check.ts';

export interface VirtualisationFacts {
  vendor: string;
  flags: string[];
  /** The kernel's lines about virtualisation that the firmware turned off; null where they cannot be read. */
  firmwareMessages: string[] | null;
  kvmDevice: { mode: number; gid: number } | null;
  /** Content of the KVM module's parameter `nested` (`Y`, `1`, `0`), null where there is none. */
  nested: string | null;
  /** Every group of the account QEMU runs as; empty when there is no such account. */
  qemuGroups: number[];
  /** modprobe(8) is of the package kmod, which small installations do without. */
  hasModprobe: boolean;
}

/** Kernel 5.6 and later clear the CPU flag and say so; older ones and kvm_amd say it when the module is loaded. */
export const FIRMWARE_MESSAGE = /(VMX|SVM|kvm).*(disabled \(?by BIOS|not enabled \(by BIOS)/i;

const TURN_ON_IN_FIRMWARE =
  "turn on VT-x (Intel) or SVM (AMD) in the firmware set-up by the provider's remote console, then power the host off and on";

/** The accelerator guests get, and what each was measured at. */
export function judgeAccelerator(report: AcceleratorReport): DoctorCheck {
  const id = 'accelerator';
  const detail = report.measurements.map(describeMeasurement).join('\n');
  if (report.chosen === null) {
    return failing(id, 'no accelerator runs a guest', detail, 'lodge setup, then lodge doctor --refresh');
  }
  if (report.chosen === 'kvm') return fine(id, 'guests run under KVM', detail);
  const kvm = report.measurements.find((measurement) => measurement.accel === 'kvm');
  const summary = `guests run under TCG (emulation), much slower than KVM, which is ${kvm?.verdict ?? 'absent'} here`;
  return warned(id, summary, detail, fixOfKvm(kvm));
}

/** The reason has the numbers. */
function describeMeasurement({ accel, verdict, reason }: AcceleratorMeasurement): string {
  return `${accel}: ${verdict}. ${reason}`;
}

function fixOfKvm(kvm: AcceleratorMeasurement | undefined): string {
  if (kvm === undefined || kvm.verdict === 'absent') {
    return 'see the checks cpu-flags, firmware and kvm-device; then lodge doctor --refresh';
  }
  return 'in a rented virtual machine ask the provider for hardware nested virtualisation; on a dedicated server update firmware and kernel; then lodge doctor --refresh';
}

export function judgeCpuFlags(facts: VirtualisationFacts): DoctorCheck {
  const id = 'cpu-flags';
  const flag = facts.flags.find((name) => name === 'vmx' || name === 'svm');
  if (flag !== undefined) return fine(id, `the processor shows hardware virtualisation (${flag})`);
  const insideVm = facts.flags.includes('hypervisor');
  const where = insideVm ? 'This host is itself a virtual machine (flag hypervisor).' : `Vendor ${facts.vendor}.`;
  const inFirmware = facts.firmwareMessages?.length ? 'see the check firmware' : TURN_ON_IN_FIRMWARE;
  const fix = insideVm ? 'ask the provider to pass vmx or svm through to this machine' : inFirmware;
  return warned(
    id,
    'the processor shows no hardware virtualisation',
    `Neither vmx nor svm is in /proc/cpuinfo. ${where}`,
    fix,
  );
}

export function judgeFirmware(facts: VirtualisationFacts): DoctorCheck {
  const id = 'firmware';
  const messages = facts.firmwareMessages;
  if (messages === null)
    return warned(
      id,
      "the kernel's messages cannot be read",
      'dmesg needs root.',
      'read them as root: dmesg | grep -i -E "vmx|svm|kvm"',
    );
  const last = messages.at(-1);
  if (last !== undefined) {
    return warned(
      id,
      'the firmware has turned virtualisation off',
      `The kernel says: ${last.trim()}`,
      TURN_ON_IN_FIRMWARE,
    );
  }
  return fine(id, 'the kernel has not complained that the firmware turned virtualisation off');
}

/** The flag decides, not the vendor: a module without its hardware is refused by the kernel. */
function loadableModule({ flags }: VirtualisationFacts): 'kvm_intel' | 'kvm_amd' | null {
  if (flags.includes('vmx')) return 'kvm_intel';
  return flags.includes('svm') ? 'kvm_amd' : null;
}

/** QEMU runs as an account of its own: what root may open says nothing. */
export function judgeKvmDevice(facts: VirtualisationFacts): DoctorCheck {
  const id = 'kvm-device';
  if (facts.kvmDevice === null) {
    const summary = 'there is no /dev/kvm';
    const module = loadableModule(facts);
    if (module === null) {
      return warned(id, summary, 'No KVM module finds its hardware in this processor.', 'see the check cpu-flags');
    }
    const load = facts.hasModprobe ? `modprobe ${module}` : `apt-get install kmod && modprobe ${module}`;
    return warned(id, summary, 'The KVM module is not loaded or found no hardware.', load);
  }
  const { mode, gid } = facts.kvmDevice;
  const shown = `/dev/kvm has mode ${mode.toString(8).padStart(4, '0')} and group ${gid}`;
  if (facts.qemuGroups.length === 0) return failing(id, 'the account lodge-qemu is missing', shown, 'lodge setup');
  const allowed = (mode & 0o006) === 0o006 || ((mode & 0o060) === 0o060 && facts.qemuGroups.includes(gid));
  if (allowed) return fine(id, 'lodge-qemu may open /dev/kvm', shown);
  const why = `${shown}; lodge-qemu is in ${facts.qemuGroups.join(', ')}`;
  return warned(
    id,
    'lodge-qemu may not open /dev/kvm',
    why,
    'chown root:kvm /dev/kvm && chmod 0660 /dev/kvm && usermod -aG kvm lodge-qemu',
  );
}

/** Guests that run guests: few need it, so its absence is no warning. */
export function judgeNesting(facts: VirtualisationFacts): DoctorCheck {
  const id = 'nesting';
  if (facts.nested === null) return fine(id, 'no KVM module that could nest is loaded');
  if (/^[Y1]/i.test(facts.nested)) return fine(id, 'guests may use KVM themselves');
  const module = loadableModule(facts);
  if (module === null || !facts.hasModprobe) return fine(id, 'guests cannot use KVM themselves');
  const how = `To change it, with all guests stopped: echo options ${module} nested=1 > /etc/modprobe.d/kvm-nested.conf && modprobe -r ${module} && modprobe ${module}`;
  return fine(id, 'guests cannot use KVM themselves', how);
}
