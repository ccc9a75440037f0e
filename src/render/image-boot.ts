import { MIB } from '../base/size.ts';

/** Sector numbers and sizes count 512 bytes: every disk that QEMU shows us has such sectors. */
export const SECTOR_BYTES = 512;

/**
 * The image's disk: a hybrid GPT that BIOS and UEFI boot alike. The root partition is the last, so that it can grow.
 *
 *     2048   BIOS boot partition, holds GRUB's core.img           1 MiB
 *     4096   EFI system partition, FAT16, /EFI/BOOT/BOOTX64.EFI  16 MiB
 *     36864  root, ext4                                          the rest, less 1 MiB for the second GPT
 */
export const IMAGE_DISK = {
  sizeBytes: 2048 * MIB,
  bios: { start: 2048, sectors: 2048 },
  esp: { start: 4096, sectors: 32_768 },
  root: { start: 36_864, sectors: (2048 * MIB) / SECTOR_BYTES - 36_864 - 2048 },
} as const;

/** Input of sfdisk(8). The types are those of the UEFI and the Discoverable Partitions specifications, and GRUB's own. */
export function renderPartitionTable(): string {
  const { bios, esp, root } = IMAGE_DISK;
  return [
    'label: gpt',
    'first-lba: 34',
    `start=${bios.start}, size=${bios.sectors}, type=21686148-6449-6E6F-744E-656564454649, name=bios`,
    `start=${esp.start}, size=${esp.sectors}, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=esp`,
    `start=${root.start}, size=${root.sectors}, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name=root`,
    '',
  ].join('\n');
}

/** Modules inside GRUB itself: it needs no file of its own from the disk but grub.cfg. */
export const GRUB_MODULES = {
  common: ['part_gpt', 'ext2', 'normal', 'search_fs_uuid', 'configfile', 'linux', 'echo', 'test', 'gzio', 'ls', 'cat'],
  bios: ['biosdisk', 'linux16', 'reboot', 'halt'],
  efi: ['fat', 'all_video', 'boot', 'reboot', 'halt'],
} as const;

/** GRUB's built-in configuration. The hint makes it look at the disk it came from before any other. */
export function renderGrubEarly(rootUuid: string): string {
  return [
    `search.fs_uuid ${rootUuid} root hd0,gpt3`,
    'set prefix=($root)/boot/grub',
    'configfile $prefix/grub.cfg',
    '',
  ].join('\n');
}

/**
 * The way into the kernel. `linux` of a BIOS's GRUB moves the whole room that the kernel wants to unpack itself in, some 60 MB, byte by
 * byte from its end: two seconds under emulation (2.06, grub-core/lib/i386/relocator.c). `linux16` lays the file alone where it belongs.
 */
const LOADERS = `if [ "$grub_platform" = pc ]; then
  set linux=linux16
  set initrd=initrd16
else
  set linux=linux
  set initrd=initrd
fi`;

/**
 * GRUB's menu. It follows /vmlinuz and /initrd.img, links that Debian's kernel packages keep at the newest kernel:
 * an upgrade counts at the next boot, with no GRUB package in the guest. The kernel before it is the second entry.
 */
export function renderGrubConfig(rootUuid: string): string {
  const entry = (title: string, suffix: string) => [
    `menuentry '${title}' {`,
    `  search.fs_uuid ${rootUuid} root hd0,gpt3`,
    `  $linux /vmlinuz${suffix} root=UUID=${rootUuid} rootfstype=ext4 rw console=tty0 console=ttyS0,115200 net.ifnames=0`,
    `  $initrd /initrd.img${suffix}`,
    '}',
  ];
  return [
    '# Made by Lodge with the image. Edit it as you like: nothing in this guest writes it anew.',
    'set default=0',
    'set fallback=1',
    'set timeout=0',
    LOADERS,
    ...entry('Debian', ''),
    ...entry('Debian, the kernel before', '.old'),
    '',
  ].join('\n');
}

/** `discard` gives deleted blocks back to the host at once. */
export function renderFstab(rootUuid: string): string {
  return `UUID=${rootUuid} / ext4 defaults,discard,errors=remount-ro 0 1\n`;
}
