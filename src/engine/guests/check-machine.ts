import type { Problem } from '../../base/errors.ts';
import { observeCpu } from '../../host/cpu.ts';
import { pathExists } from '../../host/files.ts';
import { isCpu } from '../../model/cpu-model.ts';
import type { GuestSpec } from '../../model/guest.ts';
import { acceleratorOf, type MachineFacts, machineProblems } from '../../plan/machine-problems.ts';
import { tryCpu } from '../../qemu/try-cpu.ts';
import type { HostMachine } from '../host-machine.ts';

/** Whether this host can start the guest at all: asked of QEMU and of the probe, and only as far as the answer counts. */
export async function checkMachine(machine: HostMachine, spec: GuestSpec, isSetUp: boolean): Promise<Problem[]> {
  const abilities = await machine.abilities().catch(() => null);
  const asksProbe = isSetUp && (spec.accel === 'kvm' || (spec.accel === 'auto' && spec.cpu !== 'auto'));
  const facts: MachineFacts = {
    abilities,
    report: asksProbe ? await machine.accelerators().catch(() => null) : null,
    noKvm: spec.accel === 'kvm' ? await whyNoKvm() : null,
    isSetUp,
  };
  const problems = machineProblems(spec, facts);
  const isTold = problems.some(({ path }) => ['cpu', 'accel', 'machine'].includes(path));
  if (abilities === null || spec.cpu === 'auto' || !isCpu(spec.cpu) || isTold) return problems;
  const accel = acceleratorOf(spec, facts);
  const refusal = await tryCpu({ binary: abilities.binary, machine: spec.machine, accel, cpu: spec.cpu });
  if (refusal === null) return problems;
  const rule = `must be a CPU that this QEMU has under ${accel}: it says “${refusal}”`;
  return [...problems, { path: 'cpu', rule, value: spec.cpu }];
}

/** Before set-up, too: what no package can change. A module that is not loaded yet is another matter. */
async function whyNoKvm(): Promise<string | null> {
  if (await pathExists('/dev/kvm')) return null;
  const { flags } = await observeCpu();
  if (flags.includes('vmx') || flags.includes('svm')) return null;
  return 'this host has no /dev/kvm, and its processor shows no VT-x or SVM (lodge doctor)';
}
