import type { GuestSpec } from '../model/guest.ts';

/**
 * Where each device sits on the first PCI bus. Fixed, so that adding one later moves no other: guests name their NIC
 * after its slot (`enp0s3`). 0x1 (PIIX) and 0x1f (ICH9) belong to the machines.
 */
const SLOTS = {
  video: '0x2',
  nic: '0x3',
  disk: '0x4',
  balloon: '0x5',
  rng: '0x6',
  serial: '0x7',
  usb: '0x8',
  watchdog: '0x9',
  seed: '0xa',
} as const;

export function pciSlot(machine: GuestSpec['machine'], which: keyof typeof SLOTS): { bus: string; addr: string } {
  return { bus: machine === 'q35' ? 'pcie.0' : 'pci.0', addr: SLOTS[which] };
}
