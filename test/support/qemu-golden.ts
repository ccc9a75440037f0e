import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { MacAddress } from '../../src/base/address.ts';
import { isLodgeError } from '../../src/base/errors.ts';
import type { GuestSpec } from '../../src/model/guest.ts';
import { GUEST_DEFAULTS } from '../../src/model/guest-defaults.ts';
import { guestLayoutOf, layoutOf } from '../../src/model/layout.ts';
import type { QemuAbilities } from '../../src/model/qemu-abilities.ts';
import { renderQemuArguments } from '../../src/render/qemu-arguments.ts';
import type { QemuInput } from '../../src/render/qemu-input.ts';
import { toLines } from '../../src/render/qemu-option.ts';

export const GOLDEN_DIR = join(import.meta.dirname, '../golden/qemu');

/** A golden's NAME.json: what differs from the plainest guest on Debian 12, and why the case is there. */
export interface Golden {
  about: string;
  /** LODGE_ROOT, '' for the system's own. */
  root?: string;
  spec?: Partial<Omit<GuestSpec, 'disk' | 'boot' | 'nic'>> & {
    disk?: Partial<GuestSpec['disk']>;
    boot?: Partial<GuestSpec['boot']>;
    nic?: Partial<GuestSpec['nic']>;
  };
  accel?: QemuInput['accel'];
  abilities?: Partial<QemuAbilities>;
  image?: QemuInput['image'];
  identityFiles?: QemuInput['identityFiles'];
  firstBoot?: boolean;
}

export function goldenNames(): string[] {
  return globSync('*.json', { cwd: GOLDEN_DIR })
    .map((file) => basename(file, '.json'))
    .sort();
}

export function readGolden(name: string): Golden {
  return JSON.parse(readFileSync(join(GOLDEN_DIR, `${name}.json`), 'utf8')) as Golden;
}

/** The golden as the renderer's input. `root` replaces the golden's own, for the test that makes its files. */
export function goldenInput(golden: Golden, root = golden.root ?? ''): QemuInput {
  const spec = goldenSpec(golden);
  return {
    spec,
    layout: guestLayoutOf(layoutOf(root), spec.name, spec.disk.format),
    accel: golden.accel ?? 'tcg',
    abilities: { ...DEBIAN_12_QEMU, ...golden.abilities },
    image: golden.image ?? null,
    identityFiles: golden.identityFiles ?? [],
    firstBoot: golden.firstBoot ?? false,
  };
}

/** What NAME.args holds: comment lines first, then one option a line. */
export function renderGolden(golden: Golden): string {
  try {
    const { options, warnings } = renderQemuArguments(goldenInput(golden));
    const head = [golden.about, ...warnings.map((warning) => `warning: ${warning}`)];
    return `${head.map((line) => `# ${line}\n`).join('')}${toLines(options)}`;
  } catch (error) {
    if (!isLodgeError(error, 'VALIDATION_FAILED')) throw error;
    const problems = (error.problems ?? []).map(
      ({ path, rule, value }) => `refused: ${path}: ${rule}, got ${JSON.stringify(value)}`,
    );
    return [golden.about, ...problems].map((line) => `# ${line}\n`).join('');
  }
}

function goldenSpec({ spec = {} }: Golden): GuestSpec {
  const { disk, boot, nic, ...rest } = spec;
  const defaults = GUEST_DEFAULTS;
  return {
    version: 1,
    name: 'web1',
    uuid: '6f1c2a34-0b5d-4e6f-8a7b-9c0d1e2f3a4b',
    image: null,
    iso: null,
    memoryMiB: defaults.memoryMiB,
    vcpus: defaults.vcpus,
    machine: defaults.machine,
    firmware: defaults.firmware,
    cpu: defaults.cpu,
    accel: defaults.accel,
    keymap: defaults.keymap,
    watchdog: defaults.watchdog,
    restartPolicy: defaults.restartPolicy,
    startWithHost: defaults.startWithHost,
    identity: 'none',
    sshKeys: [],
    userData: null,
    ...rest,
    disk: {
      format: defaults.diskFormat,
      sizeBytes: defaults.diskBytes,
      cache: defaults.diskCache,
      discard: defaults.discard,
      ...disk,
    },
    boot: { order: 'cd', once: null, ...boot },
    nic: {
      link: 'nat',
      mac: '52:54:00:12:34:56' as MacAddress,
      tap: 'lodge-web1',
      ipv4: null,
      ipv6: null,
      publish: [],
      ...nic,
    },
  };
}

/** What QEMU 7.2 of Debian 12 says of itself, as far as the renderer asks. */
const DEBIAN_12_QEMU: QemuAbilities = {
  binary: '/usr/bin/qemu-system-x86_64',
  version: '7.2.22',
  machines: ['pc', 'q35', 'microvm'],
  devices: ['i6300esb', 'qemu-xhci', 'piix3-usb-uhci', 'usb-tablet', 'virtio-blk-pci', 'virtio-net-pci'],
  options: ['action', 'watchdog-action', 'blockdev', 'device', 'trace'],
  uefi: { code: '/usr/share/OVMF/OVMF_CODE_4M.fd', varsTemplate: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
  accelerators: ['kvm', 'tcg'],
  aioModes: ['threads', 'native', 'io_uring'],
  keymaps: ['bepo', 'de', 'en-gb', 'en-us', 'fr'],
  traceEvents: ['qemu_system_shutdown_request'],
  freePageReporting: true,
};
