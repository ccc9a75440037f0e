import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guestDetail } from '../../test/support/fake-answers.ts';
import type { AcceleratorReport } from '../model/doctor.ts';
import type { QemuAbilities } from '../model/qemu-abilities.ts';
import { type MachineFacts, machineProblems } from './machine-problems.ts';

const { spec } = guestDetail('web1');
const abilities = {
  machines: ['pc', 'q35'],
  devices: ['i6300esb'],
  accelerators: ['kvm', 'tcg'],
  uefi: null,
} as unknown as QemuAbilities;

function report(verdict: string): AcceleratorReport {
  const reason =
    verdict === 'absent' ? 'there is no /dev/kvm' : `QEMU itself ended: ${"kvm.c:9: Assertion `x' failed".repeat(9)}`;
  const measurements = [{ accel: 'kvm', verdict, reason }];
  return { chosen: verdict === 'works' ? 'kvm' : 'tcg', measurements } as unknown as AcceleratorReport;
}

function problemsOf(change: object, facts: Partial<MachineFacts> = {}): string[] {
  const all = { abilities, report: null, noKvm: null, isSetUp: true, ...facts };
  return machineProblems({ ...spec, ...change }, all).map(({ path, rule }) => `${path} ${rule}`);
}

test('a machine, a watchdog, a firmware that is not here', () => {
  assert.deepEqual(problemsOf({}), []);
  assert.match(
    problemsOf({ machine: 'q35' }, { abilities: { ...abilities, machines: ['pc'] } }).join(),
    /^machine must/,
  );
  assert.match(problemsOf({}, { abilities: { ...abilities, devices: [] } }).join(), /^watchdog must be none/);
  assert.match(problemsOf({ firmware: 'uefi' }).join(), /^firmware must be bios: no UEFI firmware is installed/);
  assert.deepEqual(problemsOf({ firmware: 'uefi' }, { isSetUp: false }), [], 'set-up installs it');
});

test('KVM is refused once, with the best reason there is', () => {
  const kvm = { accel: 'kvm' };
  assert.deepEqual(problemsOf(kvm, { report: report('broken') }), [
    'accel must be auto or tcg: KVM is broken on this host: the probe did not run to its end; lodge doctor says where it stopped',
  ]);
  assert.deepEqual(problemsOf(kvm, { report: report('absent') }), [
    'accel must be auto or tcg: KVM is absent on this host: there is no /dev/kvm',
  ]);
  assert.deepEqual(problemsOf(kvm, { report: report('works') }), []);
  assert.deepEqual(problemsOf(kvm, { report: report('slow') }), [], 'who asks for it gets it');
  assert.deepEqual(problemsOf(kvm, { noKvm: 'no VT-x', abilities: null }), ['accel must be auto or tcg: no VT-x']);
  const tcgAlone: QemuAbilities = { ...abilities, accelerators: ['tcg'] };
  assert.deepEqual(problemsOf(kvm, { abilities: tcgAlone }), [
    'accel must be auto or tcg: this QEMU was built without kvm',
  ]);
});
