import type { DiskCache } from '../model/guest.ts';
import { QEMU_NAMES } from '../model/qemu-names.ts';
import { bootIndex } from './qemu-boot.ts';
import type { QemuInput } from './qemu-input.ts';
import { device, listOption, type QemuOption, type QemuProperties } from './qemu-option.ts';
import { pciSlot } from './qemu-slots.ts';

/**
 * QEMU's cache modes in terms of -blockdev and the device (qemu(1), "-drive cache="):
 *
 *     mode         | cache.direct | cache.no-flush | device's write-cache
 *     writeback    | off          | off            | on
 *     none         | on           | off            | on
 *     writethrough | off          | off            | off
 *     directsync   | on           | off            | off
 *     unsafe       | off          | on             | on
 */
const CACHE: Record<DiskCache, { direct: boolean; noFlush: boolean; writeCache: boolean }> = {
  writeback: { direct: false, noFlush: false, writeCache: true },
  none: { direct: true, noFlush: false, writeCache: true },
  writethrough: { direct: false, noFlush: false, writeCache: false },
  directsync: { direct: true, noFlush: false, writeCache: false },
  unsafe: { direct: false, noFlush: true, writeCache: true },
};

export function diskOptions(input: QemuInput): QemuOption[] {
  const { spec, layout, image } = input;
  const cache = CACHE[spec.disk.cache];
  const cacheProperties = { 'cache.direct': cache.direct, 'cache.no-flush': cache.noFlush };
  const file: QemuProperties = {
    driver: 'file',
    'node-name': 'disk-file',
    filename: layout.disk,
    aio: aioOf(input),
    discard: spec.disk.discard,
    ...cacheProperties,
  };
  const format: QemuProperties = {
    driver: spec.disk.format,
    'node-name': QEMU_NAMES.diskNode,
    file: 'disk-file',
    backing: image === null ? undefined : 'image',
    discard: spec.disk.discard,
    'detect-zeroes': spec.disk.discard === 'unmap' ? 'unmap' : 'off',
    ...cacheProperties,
  };
  const disk = device('virtio-blk-pci', {
    id: 'disk0',
    drive: QEMU_NAMES.diskNode,
    'write-cache': cache.writeCache,
    bootindex: bootIndex(input, 'c'),
    ...pciSlot(spec.machine, 'disk'),
  });
  return [...imageNodes(input), listOption('blockdev', null, file), listOption('blockdev', null, format), disk];
}

/** The parent is read-only and shared by many guests: it goes through the page cache, so that the host keeps it once. */
function imageNodes({ image }: QemuInput): QemuOption[] {
  if (image === null) return [];
  const file = { driver: 'file', 'node-name': 'image-file', filename: image.path, 'read-only': true, aio: 'threads' };
  const format = { driver: image.format, 'node-name': 'image', file: 'image-file', 'read-only': true };
  return [listOption('blockdev', null, file), listOption('blockdev', null, format)];
}

/** Linux AIO blocks on files that go through the page cache; QEMU refuses `native` without cache.direct=on. */
function aioOf({ spec, abilities }: QemuInput): string {
  return CACHE[spec.disk.cache].direct && abilities.aioModes.includes('native') ? 'native' : 'threads';
}

export function diskWarnings(input: QemuInput): string[] {
  const warnings: string[] = [];
  if (input.spec.disk.cache === 'unsafe') {
    warnings.push('cache=unsafe ignores flushes: a crash of the host loses what the guest believes to be on the disk');
  }
  if (CACHE[input.spec.disk.cache].direct && aioOf(input) !== 'native') {
    warnings.push('this QEMU has no Linux AIO: the disk is read and written by threads, which is slower');
  }
  return warnings;
}

/** The tray is always there: a CD can be put in while the guest runs. q35's AHCI and pc's PIIX both call the bus ide.N. */
export function cdOptions(input: QemuInput): QemuOption[] {
  const { spec } = input;
  const drive = device('ide-cd', {
    id: QEMU_NAMES.cdDevice,
    drive: spec.iso === null ? undefined : QEMU_NAMES.cdNode,
    bus: 'ide.1',
    bootindex: bootIndex(input, 'd'),
  });
  return spec.iso === null ? [drive] : [readOnlyNode(QEMU_NAMES.cdNode, spec.iso), drive];
}

/** A NoCloud seed is found by its label (`cidata`) on any disk: cloud-init, "NoCloud". */
export function seedOptions({ spec, identityFiles }: QemuInput): QemuOption[] {
  const seed = identityFiles.find((file) => file.way === 'cdrom');
  if (seed === undefined) return [];
  return [
    readOnlyNode('seed', seed.path),
    device('virtio-blk-pci', { id: 'seed0', drive: 'seed', ...pciSlot(spec.machine, 'seed') }),
  ];
}

export function readOnlyNode(name: string, path: string): QemuOption {
  return listOption('blockdev', null, {
    driver: 'raw',
    'node-name': name,
    'read-only': true,
    'file.driver': 'file',
    'file.filename': path,
  });
}
