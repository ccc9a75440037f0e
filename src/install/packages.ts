/**
 * Debian packages of the host that building and importing images needs, besides QEMU's own. The `-bin` packages of
 * GRUB are module collections: they bring no boot loader's configuration and never touch the host's own boot.
 */
export const IMAGE_PACKAGES: readonly string[] = [
  'mmdebstrap',
  'debian-archive-keyring',
  'qemu-utils',
  'fdisk',
  'e2fsprogs',
  'dosfstools',
  'mtools',
  'grub-common',
  'grub-pc-bin',
  'grub-efi-amd64-bin',
  'gpgv',
  'openssh-client',
  'xorriso',
];
