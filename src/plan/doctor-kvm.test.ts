import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AcceleratorMeasurement, AcceleratorReport } from '../model/doctor.ts';
import {
  FIRMWARE_MESSAGE,
  judgeAccelerator,
  judgeCpuFlags,
  judgeFirmware,
  judgeKvmDevice,
  judgeNesting,
  type VirtualisationFacts,
} from './doctor-kvm.ts';

const INTEL_SERVER: VirtualisationFacts = {
  vendor: 'GenuineIntel',
  flags: ['fpu', 'vmx', 'nx'],
  firmwareMessages: [],
  kvmDevice: { mode: 0o660, gid: 104 },
  nested: 'Y',
  qemuGroups: [104],
  hasModprobe: true,
};

const TCG: AcceleratorMeasurement = {
  accel: 'tcg',
  verdict: 'works',
  reason: 'ran to its end in 312 ms',
  wholeRunMs: 312.44,
  arithmeticMs: 0.6412,
  contextSwitchMs: 51,
  pageFaultMs: 4.5,
  portIoMs: 0.12,
};

const KVM: AcceleratorMeasurement = { ...TCG, accel: 'kvm', wholeRunMs: 90 };

const CRAWLING_KVM: AcceleratorMeasurement = {
  ...KVM,
  verdict: 'broken',
  reason: 'KVM internal error after arithmetic 431 ms',
  arithmeticMs: 431,
  wholeRunMs: null,
};

function report(chosen: AcceleratorReport['chosen'], measurements: AcceleratorMeasurement[]): AcceleratorReport {
  return {
    chosen,
    reason: 'because',
    measurements,
    bootId: 'b',
    kernelRelease: 'k',
    qemuVersion: 'q',
    measuredAtMs: 0,
  };
}

test('a good server has nothing to mend', () => {
  const checks = [judgeCpuFlags, judgeFirmware, judgeKvmDevice, judgeNesting].map((judge) => judge(INTEL_SERVER));
  for (const check of checks) assert.deepEqual([check.status, check.fix], ['ok', null], check.id);
  assert.equal(judgeAccelerator(report('kvm', [KVM, TCG])).status, 'ok');
});

test('the accelerator is told with the numbers of each, and what became of KVM', () => {
  const check = judgeAccelerator(report('tcg', [CRAWLING_KVM, TCG]));
  assert.equal(check.status, 'warn');
  assert.match(check.summary, /under TCG .* KVM, which is broken here$/);
  assert.equal(
    check.detail,
    'kvm: broken. KVM internal error after arithmetic 431 ms\ntcg: works. ran to its end in 312 ms',
  );
  assert.match(check.fix ?? '', /nested virtualisation/);
  const absent = judgeAccelerator(report('tcg', [{ ...CRAWLING_KVM, verdict: 'absent' }, TCG]));
  assert.match(absent.fix ?? '', /kvm-device/);
});

test('no accelerator at all is a failure', () => {
  assert.equal(judgeAccelerator(report(null, [CRAWLING_KVM, { ...TCG, verdict: 'broken' }])).status, 'fail');
});

test('a processor without flags: the firmware on a server, the provider in a virtual machine', () => {
  assert.match(judgeCpuFlags({ ...INTEL_SERVER, flags: ['fpu'] }).fix ?? '', /VT-x/);
  assert.match(judgeCpuFlags({ ...INTEL_SERVER, flags: ['fpu', 'hypervisor'] }).fix ?? '', /provider/);
  assert.equal(judgeCpuFlags({ ...INTEL_SERVER, vendor: 'AuthenticAMD', flags: ['svm'] }).status, 'ok');
});

test('the kernel says that the firmware turned it off, in each of its wordings', () => {
  const wordings = [
    'kvm: disabled by bios',
    'x86/cpu: VMX (outside TXT) disabled by BIOS',
    'kvm_intel: VMX not enabled (by BIOS) in MSR_IA32_FEAT_CTL on CPU 2',
    'kvm_amd: SVM disabled (by BIOS) in MSR_VM_CR on CPU 0',
    'SVM disabled (by BIOS) in MSR_VM_CR',
  ];
  for (const wording of wordings) assert.match(wording, FIRMWARE_MESSAGE);
  for (const other of ['BIOS-e820: usable', 'Hypervisor detected: KVM']) assert.doesNotMatch(other, FIRMWARE_MESSAGE);
  const check = judgeFirmware({ ...INTEL_SERVER, firmwareMessages: wordings });
  assert.deepEqual([check.status, check.detail], ['warn', 'The kernel says: SVM disabled (by BIOS) in MSR_VM_CR']);
});

test('what counts at /dev/kvm is the account QEMU runs as', () => {
  const status = (facts: Partial<VirtualisationFacts>) => judgeKvmDevice({ ...INTEL_SERVER, ...facts }).status;
  assert.equal(status({ kvmDevice: { mode: 0o600, gid: 0 } }), 'warn');
  assert.equal(status({ kvmDevice: { mode: 0o660, gid: 0 } }), 'warn');
  assert.equal(status({ kvmDevice: { mode: 0o666, gid: 0 } }), 'ok');
  assert.equal(status({ qemuGroups: [995, 104] }), 'ok');
  assert.equal(status({ qemuGroups: [] }), 'fail');
  assert.equal(judgeKvmDevice({ ...INTEL_SERVER, kvmDevice: null }).fix, 'modprobe kvm_intel');
  const amd = { ...INTEL_SERVER, vendor: 'AuthenticAMD', flags: ['fpu', 'svm'], kvmDevice: null };
  assert.equal(judgeKvmDevice(amd).fix, 'modprobe kvm_amd');
});

test('nesting that is off is told without alarm', () => {
  const check = judgeNesting({ ...INTEL_SERVER, nested: '0' });
  assert.equal(check.status, 'ok');
  assert.match(check.detail, /kvm_intel nested=1/);
});
