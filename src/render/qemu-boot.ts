import type { QemuInput } from './qemu-input.ts';
import { listOption, type QemuOption } from './qemu-option.ts';

type BootDevice = 'c' | 'd' | 'n';

/** `-boot order=…`, with `once=` at the guest's first start and only when there is a CD to start from. */
export function bootOption(input: QemuInput): QemuOption {
  return listOption('boot', null, { order: input.spec.boot.order, once: onceOf(input) ?? undefined });
}

function onceOf({ spec, firstBoot }: QemuInput): string | null {
  return firstBoot && spec.iso !== null ? spec.boot.once : null;
}

/**
 * OVMF ignores `-boot order` and reads only `bootindex` (QEMU docs/system/bootindex.rst, "Limitations"); SeaBIOS reads
 * both and lets bootindex win, which would make `once=` void. So the index is set under UEFI alone.
 *
 * UEFI has no `once`. An empty disk cannot be booted, so disk before CD has the same effect there; a disk with a system on it
 * comes after the CD until QEMU is started again.
 */
export function bootIndex(input: QemuInput, boot: BootDevice): number | undefined {
  if (input.spec.firmware !== 'uefi') return undefined;
  const index = uefiOrder(input).indexOf(boot);
  return index === -1 ? undefined : index + 1;
}

export function bootWarnings(input: QemuInput): string[] {
  if (input.spec.firmware !== 'uefi' || onceOf(input) === null || input.image === null) return [];
  return [
    `UEFI knows no once=${onceOf(input)}: that device stays first until QEMU is started again, resets of the guest included`,
  ];
}

function uefiOrder(input: QemuInput): string {
  const once = onceOf(input);
  const { order } = input.spec.boot;
  if (once === null || input.image === null) return order;
  return once + [...order].filter((letter) => !once.includes(letter)).join('');
}

/** Without a network boot the NIC's option ROM only costs time. */
export function bootsFromNetwork(input: QemuInput): boolean {
  return input.spec.boot.order.includes('n') || (onceOf(input)?.includes('n') ?? false);
}
