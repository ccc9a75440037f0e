import { readOnlyNode } from './qemu-disks.ts';
import type { QemuInput } from './qemu-input.ts';
import { listOption, type QemuOption, textOption } from './qemu-option.ts';

/** Board, firmware, accelerator, CPUs, memory and clock. */
export function machineOptions(input: QemuInput): QemuOption[] {
  const { spec, accel } = input;
  const uefi = spec.firmware === 'uefi';
  return [
    ...firmwareNodes(input),
    listOption('machine', spec.machine, {
      usb: false,
      vmport: false,
      'dump-guest-core': false,
      pflash0: uefi ? 'uefi-code' : undefined,
      pflash1: uefi ? 'uefi-vars' : undefined,
    }),
    // thread=multi: a host thread for each vCPU; one thread for all was slower even with one vCPU.
    accel === 'tcg' ? listOption('accel', 'tcg', { thread: 'multi' }) : listOption('accel', 'kvm'),
    textOption('cpu', cpuModel(input)),
    listOption('smp', null, { cpus: spec.vcpus, sockets: 1, cores: spec.vcpus, threads: 1 }),
    listOption('m', null, { size: `${spec.memoryMiB}M` }),
    listOption('rtc', null, { base: 'utc' }),
    // A guest that suspends to memory looks like a hung one, and nobody can press its button.
    textOption('global', spec.machine === 'q35' ? 'ICH9-LPC.disable_s3=1' : 'PIIX4_PM.disable_s3=1'),
  ];
}

function cpuModel({ spec, accel }: QemuInput): string {
  if (spec.cpu !== 'auto') return spec.cpu;
  return accel === 'kvm' ? 'host' : 'max';
}

function firmwareNodes({ spec, layout, abilities }: QemuInput): QemuOption[] {
  if (spec.firmware !== 'uefi' || abilities.uefi === null) return [];
  return [
    readOnlyNode('uefi-code', abilities.uefi.code),
    listOption('blockdev', null, {
      driver: 'raw',
      'node-name': 'uefi-vars',
      'file.driver': 'file',
      'file.filename': layout.uefiVars,
    }),
  ];
}
