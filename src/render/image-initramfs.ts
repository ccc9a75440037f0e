/**
 * The initial RAM disk of the image: only what reaches the root file system, because the firmware reads it slowly and
 * the kernel unpacks it before anything else. update-initramfs in the guest keeps to it at every kernel upgrade.
 */

/** initramfs-tools loads these by name: what Lodge's own guests have. The NIC is there when the identity is applied. */
const LOADED = ['virtio_pci', 'virtio_blk', 'virtio_net', 'ext4'];

/** Carried along for a disk on another bus (IDE, SATA, virtio-scsi, NVMe, USB); udev loads them when it sees one. */
const CARRIED = [
  'virtio_scsi',
  'ata_piix',
  'ahci',
  'sd_mod',
  'sr_mod',
  'nvme',
  'usb_storage',
  'uas',
  'xhci_pci',
  'ehci_pci',
];

const HOOK = `#!/bin/sh
[ "$1" = prereqs ] && exit 0
. /usr/share/initramfs-tools/hook-functions
for module in ${CARRIED.join(' ')}; do
  manual_add_modules "$module"
done
`;

export const INITRAMFS_FILES = [
  { path: '/etc/initramfs-tools/conf.d/lodge', mode: 0o644, content: 'MODULES=list\nRESUME=none\nCOMPRESS=zstd\n' },
  { path: '/usr/share/initramfs-tools/modules.d/lodge', mode: 0o644, content: `${LOADED.join('\n')}\n` },
  { path: '/etc/initramfs-tools/hooks/lodge', mode: 0o755, content: HOOK },
];
