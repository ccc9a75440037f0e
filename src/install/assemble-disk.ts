import { open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readBounded } from '../base/bounded-file.ts';
import { exec } from '../host/exec.ts';
import { GRUB_MODULES, IMAGE_DISK, renderGrubEarly, renderPartitionTable, SECTOR_BYTES } from '../render/image-boot.ts';
import { patchBootCode } from './grub-bios.ts';

interface Assembly {
  /** The root file system as a directory. */
  treeDir: string;
  workDir: string;
  rootUuid: string;
  signal: AbortSignal;
}

/**
 * Makes a raw disk that BIOS and UEFI boot out of a directory, in a plain file: no loop device, no mount, no root
 * file system driver of the host. Returns the file's path in workDir.
 */
export async function assembleDisk(assembly: Assembly): Promise<string> {
  const { treeDir, workDir, rootUuid, signal } = assembly;
  const disk = join(workDir, 'disk.raw');
  const early = join(workDir, 'grub-early.cfg');
  await writeFile(disk, '');
  await truncate(disk, IMAGE_DISK.sizeBytes);
  await writeFile(early, renderGrubEarly(rootUuid));
  await exec('sfdisk', ['--quiet', '--no-reread', '--no-tell-kernel', disk], { input: renderPartitionTable(), signal });
  await writeRoot(disk, treeDir, rootUuid, signal);
  await writeEsp(disk, workDir, early, signal);
  await writeBootCode(disk, workDir, early, signal);
  return disk;
}

/** GRUB 2.06 cannot read the two features that newer mke2fs switches on: grub-core/fs/ext2.c, EXT2_DRIVER_SUPPORTED_INCOMPAT. */
async function writeRoot(disk: string, treeDir: string, rootUuid: string, signal: AbortSignal): Promise<void> {
  const { start, sectors } = IMAGE_DISK.root;
  const extended = `offset=${start * SECTOR_BYTES},lazy_itable_init=0,nodiscard`;
  const features = '^metadata_csum_seed,^orphan_file';
  const args = ['-q', '-F', '-t', 'ext4', '-L', 'root', '-U', rootUuid, '-m', '1', '-O', features, '-E', extended];
  await exec('mke2fs', [...args, '-d', treeDir, disk, `${sectors / 2}k`], { signal, timeoutMs: 600_000 });
}

async function writeEsp(disk: string, workDir: string, early: string, signal: AbortSignal): Promise<void> {
  const loader = join(workDir, 'BOOTX64.EFI');
  const esp = join(workDir, 'esp.fat');
  const modules = [...GRUB_MODULES.common, ...GRUB_MODULES.efi];
  await exec('grub-mkimage', ['-O', 'x86_64-efi', '-o', loader, '-p', '/boot/grub', '-c', early, ...modules], {
    signal,
  });
  await writeFile(esp, '');
  const espBytes = IMAGE_DISK.esp.sectors * SECTOR_BYTES;
  await truncate(esp, espBytes);
  await exec('mkfs.vfat', ['-F', '16', '-n', 'ESP', esp], { signal });
  await exec('mmd', ['-i', esp, '::/EFI', '::/EFI/BOOT'], { signal });
  await exec('mcopy', ['-i', esp, loader, '::/EFI/BOOT/BOOTX64.EFI'], { signal });
  await writeAt(disk, IMAGE_DISK.esp.start, await readBounded(esp, espBytes));
}

async function writeBootCode(disk: string, workDir: string, early: string, signal: AbortSignal): Promise<void> {
  const coreFile = join(workDir, 'core.img');
  const modules = [...GRUB_MODULES.common, ...GRUB_MODULES.bios];
  await exec('grub-mkimage', ['-O', 'i386-pc', '-o', coreFile, '-p', '/boot/grub', '-c', early, ...modules], {
    signal,
  });
  const { start, sectors } = IMAGE_DISK.bios;
  const sectorZero = await readSector(disk, 0);
  const bootImage = await readBounded('/usr/lib/grub/i386-pc/boot.img');
  const patched = patchBootCode(sectorZero, bootImage, await readBounded(coreFile), start);
  if (patched.core.length > sectors * SECTOR_BYTES) throw new Error('core.img is bigger than its partition');
  await writeAt(disk, start, patched.core);
  await writeAt(disk, 0, patched.sectorZero);
}

async function readSector(disk: string, sector: number): Promise<Uint8Array> {
  const file = await open(disk, 'r');
  try {
    const { buffer } = await file.read(new Uint8Array(SECTOR_BYTES), 0, SECTOR_BYTES, sector * SECTOR_BYTES);
    return buffer;
  } finally {
    await file.close();
  }
}

async function writeAt(disk: string, sector: number, bytes: Uint8Array): Promise<void> {
  const file = await open(disk, 'r+');
  try {
    await file.write(bytes, 0, bytes.length, sector * SECTOR_BYTES);
  } finally {
    await file.close();
  }
}
