import type { Firmware } from '../model/guest.ts';

export const CD_SECTOR_BYTES = 2048;
/** The boot record comes after the primary volume descriptor (El Torito 1.0, section 2). */
export const BOOT_RECORD_SECTOR = 17;

const ENTRY_BYTES = 32;
const PLATFORMS: Record<number, Firmware> = { 0: 'bios', 239: 'uefi' };

/** The sector of the boot catalogue; null on a CD that cannot be booted. */
export function catalogueSector(bootRecord: Uint8Array): number | null {
  const text = new TextDecoder('latin1').decode(bootRecord.subarray(0, 39));
  if (bootRecord.length < 75 || text.slice(1, 6) !== 'CD001' || !text.includes('EL TORITO SPECIFICATION')) return null;
  return new DataView(bootRecord.buffer, bootRecord.byteOffset).getUint32(71, true);
}

/** What boots from the CD, by its catalogue: the platform of the validation entry, and those of the sections after it. */
export function firmwaresOfCatalogue(catalogue: Uint8Array): Firmware[] {
  const found = new Set<Firmware>();
  const note = (platform: number | undefined) => {
    const firmware = PLATFORMS[platform ?? -1];
    if (firmware !== undefined) found.add(firmware);
  };
  if (catalogue[0] !== 0x01) return [];
  note(catalogue[1]);
  let at = 2 * ENTRY_BYTES;
  while (at + ENTRY_BYTES <= catalogue.length && (catalogue[at] === 0x90 || catalogue[at] === 0x91)) {
    note(catalogue[at + 1]);
    const entries = (catalogue[at + 2] ?? 0) + 256 * (catalogue[at + 3] ?? 0);
    at += ENTRY_BYTES * (1 + entries);
  }
  return [...found];
}
