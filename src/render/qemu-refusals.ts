import type { Problem } from '../base/errors.ts';
import { parseGuestName } from '../base/guest-name.ts';
import { CPU_RULE, isCpu } from '../model/cpu-model.ts';
import { GUEST_LIMITS } from '../model/guest-defaults.ts';
import { type GuestLog, SOCKET_PATH_MAX_BYTES } from '../model/layout.ts';
import type { QemuInput } from './qemu-input.ts';

/** IFNAMSIZ of Linux less the closing zero. */
const TAP_NAME_MAX = 15;
/** i440fx has no more APIC ids. */
export const PC_VCPUS_MAX = 255;

/** Everything in the input that this QEMU would refuse, or read as something else; all at once. */
export function findRefusals(input: QemuInput): Problem[] {
  const { spec, image } = input;
  const parent: Problem[] =
    image !== null && spec.disk.format !== 'qcow2'
      ? [
          {
            path: 'disk.format',
            rule: 'must be qcow2 for a child of an image: raw files cannot have a parent',
            value: spec.disk.format,
          },
        ]
      : [];
  return [...refuseMachine(input), ...parent, ...numberRefusals(input), ...textRefusals(input), ...pathRefusals(input)];
}

/** What this QEMU does not have. */
export function refuseMachine({ spec, abilities, accel }: Pick<QemuInput, 'spec' | 'abilities' | 'accel'>): Problem[] {
  const problems: Problem[] = [];
  const refuse = (path: string, rule: string, value: unknown) => problems.push({ path, rule, value });
  if (!abilities.machines.includes(spec.machine)) refuse('machine', 'must be a machine this QEMU has', spec.machine);
  if (!abilities.accelerators.includes(accel)) {
    refuse('accel', `must be one this QEMU was built with (${abilities.accelerators.join(', ')})`, accel);
  }
  if (spec.firmware === 'uefi' && abilities.uefi === null) {
    refuse('firmware', 'must be bios: no UEFI firmware is installed (package ovmf)', spec.firmware);
  }
  if (spec.cpu.split(',')[0] === 'host' && accel === 'tcg') {
    refuse('cpu', 'must not be host under emulation: there is no host CPU to pass on', spec.cpu);
  }
  if (spec.watchdog !== 'none' && !abilities.devices.includes('i6300esb')) {
    refuse('watchdog', 'must be none: this QEMU has no i6300esb', spec.watchdog);
  }
  return problems;
}

function numberRefusals({ spec }: QemuInput): Problem[] {
  const problems: Problem[] = [];
  const within = (path: string, value: number, min: number, max: number) => {
    if (Number.isInteger(value) && value >= min && value <= max) return;
    problems.push({ path, rule: `must be a whole number from ${min} to ${max}`, value });
  };
  within('memoryMiB', spec.memoryMiB, GUEST_LIMITS.memoryMiB.min, GUEST_LIMITS.memoryMiB.max);
  const { min, max } = GUEST_LIMITS.vcpus;
  within('vcpus', spec.vcpus, min, spec.machine === 'pc' ? PC_VCPUS_MAX : max);
  return problems;
}

function textRefusals({ spec, abilities }: QemuInput): Problem[] {
  const problems: Problem[] = [];
  const expect = (ok: boolean, path: string, rule: string, value: unknown) => {
    if (!ok) problems.push({ path, rule, value });
  };
  const name = parseGuestName(spec.name);
  expect(name.ok, 'name', name.ok ? '' : `must be ${name.reason}`, spec.name);
  expect(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(spec.uuid), 'uuid', 'must be a lower-case UUID', spec.uuid);
  expect(isCpu(spec.cpu), 'cpu', CPU_RULE, spec.cpu);
  const keymapKnown = abilities.keymaps.length === 0 || abilities.keymaps.includes(spec.keymap);
  const keymapRule = `must be a keyboard layout of this QEMU (${abilities.keymaps.join(', ') || 'such as en-us'})`;
  expect(/^[a-z]+(-[a-z]+)?$/.test(spec.keymap) && keymapKnown, 'keymap', keymapRule, spec.keymap);
  const bootRule = 'must be letters out of c (disk), d (CD) and n (network), each once';
  expect(isBootOrder(spec.boot.order), 'boot.order', bootRule, spec.boot.order);
  expect(spec.boot.once === null || isBootOrder(spec.boot.once), 'boot.once', bootRule, spec.boot.once);
  const tap = new RegExp(`^[^\\s/:,]{1,${TAP_NAME_MAX}}$`);
  expect(
    tap.test(spec.nic.tap),
    'nic.tap',
    `must be an interface name of at most ${TAP_NAME_MAX} characters`,
    spec.nic.tap,
  );
  return problems;
}

function isBootOrder(text: string): boolean {
  return /^[cdn]{1,3}$/.test(text) && new Set(text).size === text.length;
}

function pathRefusals({ spec, layout, image, identityFiles, abilities }: QemuInput): Problem[] {
  const problems: Problem[] = [];
  const absolute = (path: string, value: string | null) => {
    if (value === null || /^\/[^\p{Cc}]*$/u.test(value)) return;
    problems.push({ path, rule: 'must be an absolute path without control characters', value });
  };
  absolute('iso', spec.iso);
  absolute('image', image?.path ?? null);
  for (const [key, value] of Object.entries<string | GuestLog>({ ...layout })) {
    const paths: [string, string][] = typeof value === 'string' ? [['', value]] : Object.entries(value);
    for (const [part, path] of paths) absolute(`layout.${key}${part === '' ? '' : `.${part}`}`, path);
  }
  for (const file of identityFiles) absolute(`identity.${file.way}`, file.path);
  absolute('abilities.binary', abilities.binary);
  for (const key of ['qmpSocket', 'serialSocket', 'vncSocket', 'agentSocket'] as const) {
    if (utf8Length(layout[key]) <= SOCKET_PATH_MAX_BYTES) continue;
    const rule = `must be at most ${SOCKET_PATH_MAX_BYTES} bytes, the kernel's limit of a socket's path`;
    problems.push({ path: `layout.${key}`, rule, value: layout[key] });
  }
  return problems;
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
