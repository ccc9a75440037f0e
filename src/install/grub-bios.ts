import { SECTOR_BYTES } from '../render/image-boot.ts';

/** Offsets in GRUB's boot.img (grub-core/boot/i386/pc/boot.S, GRUB_BOOT_MACHINE_* in include/grub/i386/pc/boot.h). */
const BOOT_IMG = { kernelSector: 0x5c, driveCheck: 0x66, partitionTable: 0x1b8 } as const;
/** The block list that diskboot.S, core.img's first sector, reads at its end: first sector, length, load segment. */
const BLOCK_LIST_OFFSET = 0x1f4;
const LOAD_SEGMENT = 0x820;

/**
 * What grub-bios-setup does to a disk, without a device: the boot sector with the disk's own partition table, and
 * core.img that knows where its rest lies. core.img is to be written at `coreSector`, whole.
 *
 * @param sectorZero the disk's first sector, as the partitioning program left it (the protective MBR)
 */
export function patchBootCode(
  sectorZero: Uint8Array,
  bootImage: Uint8Array,
  coreImage: Uint8Array,
  coreSector: number,
): { sectorZero: Uint8Array; core: Uint8Array } {
  if (sectorZero.length !== SECTOR_BYTES || bootImage.length !== SECTOR_BYTES) {
    throw new Error('a boot sector has 512 bytes');
  }
  const boot = Uint8Array.from(bootImage);
  boot.set(sectorZero.subarray(BOOT_IMG.partitionTable), BOOT_IMG.partitionTable);
  const bootView = new DataView(boot.buffer);
  bootView.setBigUint64(BOOT_IMG.kernelSector, BigInt(coreSector), true);
  // Two NOPs in place of the jump that trusts DL: firmware that hands over a wrong drive number is mended after it.
  boot.set([0x90, 0x90], BOOT_IMG.driveCheck);

  const sectors = Math.ceil(coreImage.length / SECTOR_BYTES);
  const core = new Uint8Array(sectors * SECTOR_BYTES);
  core.set(coreImage);
  const coreView = new DataView(core.buffer);
  coreView.setBigUint64(BLOCK_LIST_OFFSET, BigInt(coreSector + 1), true);
  coreView.setUint16(BLOCK_LIST_OFFSET + 8, sectors - 1, true);
  coreView.setUint16(BLOCK_LIST_OFFSET + 10, LOAD_SEGMENT, true);
  return { sectorZero: boot, core };
}
