import type { Problem } from '../base/errors.ts';
import type { AcceleratorReport } from '../model/doctor.ts';
import type { Accelerator, GuestSpec } from '../model/guest.ts';
import type { QemuAbilities } from '../model/qemu-abilities.ts';
import { refuseMachine } from '../render/qemu-refusals.ts';

/** What is known of the host's QEMU and KVM at this moment; on a host that is not set up, little. */
export interface MachineFacts {
  abilities: QemuAbilities | null;
  /** What the probe measured; null when nobody asked it. */
  report: AcceleratorReport | null;
  /** Why there can be no KVM, whatever is installed; null when there can. */
  noKvm: string | null;
  /** Set-up brings the firmware, too: what is missing now may be there then. */
  isSetUp: boolean;
}

/** The accelerator this guest gets, as far as it is known. */
export function acceleratorOf({ accel }: GuestSpec, { report }: MachineFacts): Accelerator {
  return accel === 'auto' ? (report?.chosen ?? 'tcg') : accel;
}

/** What this host's QEMU would refuse at the guest's start: known before anything is made. */
export function machineProblems(spec: GuestSpec, facts: MachineFacts): Problem[] {
  const { abilities, isSetUp } = facts;
  const accel = acceleratorOf(spec, facts);
  const refused = abilities === null ? [] : refuseMachine({ spec, abilities, accel });
  const known = refused.filter(({ path }) => isSetUp || path !== 'firmware');
  // One word about the accelerator is enough.
  return [...kvmProblems(spec, facts), ...known.filter(({ path }) => path !== 'accel' || spec.accel !== 'kvm')];
}

function kvmProblems({ accel }: GuestSpec, { report, noKvm, abilities }: MachineFacts): Problem[] {
  if (accel !== 'kvm') return [];
  const refuse = (why: string) => [{ path: 'accel', rule: `must be auto or tcg: ${why}`, value: accel }];
  if (noKvm !== null) return refuse(noKvm);
  if (abilities !== null && !abilities.accelerators.includes('kvm')) return refuse('this QEMU was built without kvm');
  const kvm = report?.measurements.find((measured) => measured.accel === 'kvm');
  if (kvm === undefined || kvm.verdict === 'works' || kvm.verdict === 'slow') return [];
  // What QEMU said when it was measured may be a page of its source: doctor has it.
  return refuse(
    `KVM is ${kvm.verdict} on this host: ${kvm.verdict === 'absent' ? kvm.reason : 'the probe did not run to its end; lodge doctor says where it stopped'}`,
  );
}
