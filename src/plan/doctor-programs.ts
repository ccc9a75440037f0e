import type { DoctorCheck } from '../model/doctor.ts';
import type { QemuAbilities } from '../model/qemu-abilities.ts';
import { failing, fine, warned } from './doctor-check.ts';

/** What the arguments of a guest name: `render/qemu-devices.ts`. */
const NEEDED_DEVICES = [
  'virtio-blk-pci',
  'virtio-net-pci',
  'virtio-balloon-pci',
  'virtio-rng-pci',
  'virtio-serial-pci',
  'virtserialport',
  'ide-cd',
  'usb-tablet',
  'i6300esb',
  'isa-serial',
  'VGA',
];
const NEEDED_MACHINES = ['pc', 'q35'];

type JudgedAbilities = Pick<QemuAbilities, 'binary' | 'version' | 'machines' | 'devices' | 'uefi'>;

export function judgeQemu(abilities: JudgedAbilities): DoctorCheck {
  const id = 'qemu';
  const missing = [
    ...NEEDED_DEVICES.filter((name) => !abilities.devices.includes(name)).map((name) => `device ${name}`),
    ...NEEDED_MACHINES.filter((name) => !abilities.machines.includes(name)).map((name) => `machine ${name}`),
  ];
  const detail = `${abilities.binary}, version ${abilities.version}`;
  if (missing.length > 0) {
    const fix = 'apt-get install --reinstall --no-install-recommends qemu-system-x86';
    return failing(id, `QEMU lacks ${missing.join(', ')}`, detail, fix);
  }
  if (abilities.uefi === null) {
    return warned(
      id,
      'QEMU has no UEFI firmware: guests boot by BIOS alone',
      detail,
      'apt-get install --no-install-recommends ovmf',
    );
  }
  return fine(id, `QEMU ${abilities.version} has every device a guest needs`, `${detail}, UEFI ${abilities.uefi.code}`);
}

export function judgePackages(missing: string[]): DoctorCheck {
  if (missing.length === 0) return fine('packages', 'every Debian package that Lodge needs is installed');
  return failing('packages', `${missing.length} Debian packages are missing`, missing.join(' '), 'lodge setup');
}

export function judgeAccounts(facts: {
  qemuUser: boolean;
  lodgeGroup: boolean;
  /** Who is in it. */
  members: readonly string[];
  kvmGroup: boolean;
}): DoctorCheck {
  const missing = [
    ...(facts.qemuUser ? [] : ['the user lodge-qemu']),
    ...(facts.lodgeGroup ? [] : ['the group lodge']),
    ...(facts.kvmGroup ? [] : ['the group kvm']),
  ];
  if (missing.length === 0) {
    const who = facts.members.length === 0 ? 'nobody' : facts.members.join(', ');
    // docs/guides/security.md says the same at length.
    const detail = `in the group lodge: ${who}; members command every guest, the host's network and set-up, and read no file of others`;
    return fine('accounts', 'the accounts lodge-qemu, lodge and kvm are there', detail);
  }
  return failing(
    'accounts',
    `missing: ${missing.join(', ')}`,
    "members of lodge command every guest, the host's network and set-up.",
    'lodge setup',
  );
}
