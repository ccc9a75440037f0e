import { validationError } from '../base/errors.ts';
import { bootOption, bootWarnings } from './qemu-boot.ts';
import {
  channelOptions,
  deviceWarnings,
  displayOptions,
  networkOptions,
  paravirtualOptions,
  usbOptions,
  watchdogOptions,
} from './qemu-devices.ts';
import { cdOptions, diskOptions, diskWarnings, seedOptions } from './qemu-disks.ts';
import type { IdentityFile, QemuInput } from './qemu-input.ts';
import { machineOptions } from './qemu-machine.ts';
import { listOption, option, type QemuOption, textOption } from './qemu-option.ts';
import { findRefusals } from './qemu-refusals.ts';

/** The trace event by which QEMU writes down why it ends; `docs/decisions/0003-qemu.md`. */
const EXIT_TRACE = 'qemu_system_shutdown_request';

/**
 * The command line of a guest's QEMU, as data in a fixed order; `toArgv` and `toLines` print it. QEMU stays in the
 * foreground: who starts it sets user, log and pid (`qemu/process.ts`).
 *
 * @throws VALIDATION_FAILED with every problem at once.
 */
export function renderQemuArguments(input: QemuInput): { options: QemuOption[]; warnings: string[] } {
  const problems = findRefusals(input);
  if (problems.length > 0) throw validationError(`guest ${input.spec.name}`, problems);
  const options = [
    ...processOptions(input),
    ...machineOptions(input),
    bootOption(input),
    ...diskOptions(input),
    ...cdOptions(input),
    ...seedOptions(input),
    ...input.identityFiles.flatMap(identityOption),
    ...networkOptions(input),
    ...displayOptions(input),
    ...usbOptions(input),
    ...watchdogOptions(input),
    ...paravirtualOptions(input),
    ...channelOptions(input),
  ];
  const warnings = [...bootWarnings(input), ...diskWarnings(input), ...deviceWarnings(input), ...traceWarnings(input)];
  return { options, warnings };
}

function processOptions({ spec, layout, abilities }: QemuInput): QemuOption[] {
  return [
    listOption('name', null, { guest: spec.name, process: `lodge-${spec.name}`, 'debug-threads': true }),
    textOption('uuid', spec.uuid),
    option('nodefaults'),
    option('no-user-config'),
    // spawn=deny kills a QEMU that daemonizes (fork is what it denies): hence no -daemonize.
    listOption('sandbox', 'on', {
      obsolete: 'deny',
      elevateprivileges: 'deny',
      spawn: 'deny',
      resourcecontrol: 'deny',
    }),
    listOption('msg', null, { timestamp: true }),
    ...(abilities.traceEvents.includes(EXIT_TRACE) ? [listOption('trace', null, { enable: EXIT_TRACE })] : []),
    textOption('pidfile', layout.pidFile),
  ];
}

function traceWarnings({ abilities }: QemuInput): string[] {
  if (abilities.traceEvents.includes(EXIT_TRACE)) return [];
  return [
    'this QEMU cannot write down why it ends: a guest that powers off while no daemon runs will be taken for crashed',
  ];
}

function identityOption(file: IdentityFile): QemuOption[] {
  switch (file.way) {
    case 'smbios':
      return [listOption('smbios', null, { type: 11, path: file.path })];
    case 'fw_cfg':
      return [listOption('fw_cfg', null, { name: file.name, file: file.path })];
    case 'cdrom':
      return [];
  }
}
