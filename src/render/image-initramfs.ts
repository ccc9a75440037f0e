/**
 * The initial RAM disk of the image: only what reaches the root file system, because the firmware reads it slowly and
 * the kernel unpacks it before anything else. update-initramfs in the guest keeps to it at every kernel upgrade.
 */

/** Loaded by name: what Lodge's own guests have. The NIC is there when the identity is applied. */
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
mkdir -p "$DESTDIR/scripts/debian"
cp -p /usr/share/initramfs-tools/scripts/init-top/udev "$DESTDIR/scripts/debian/udev-start"
cp -p /usr/share/initramfs-tools/scripts/init-bottom/udev "$DESTDIR/scripts/debian/udev-stop"
`;

/**
 * Stands in for Debian's init-top/udev. With a virtio disk the device nodes of devtmpfs are enough to find the root,
 * and udev's first pass over all devices (under emulation two seconds) waits for the real system.
 */
const UDEV_START = `#!/bin/sh
[ "$1" = prereqs ] && exit 0
modprobe -a ${LOADED.join(' ')}
for disk in /sys/block/vd*; do
  [ -e "$disk" ] && exit 0
done
exec /scripts/debian/udev-start
`;

/** Debian's init-bottom/udev stops udev and moves /dev; without udev only the second is left to do, with klibc's `nuke` for the lack of `rm`. */
const UDEV_STOP = `#!/bin/sh
[ "$1" = prereqs ] && exit 0
[ -e /run/udev/control ] && exec /scripts/debian/udev-stop
mount -n -o move /dev "$rootmnt/dev" || mount -n --move /dev "$rootmnt/dev"
nuke /dev
ln -s "$rootmnt/dev" /dev
`;

// lz4: the guest's one processor unpacks 22 MB before anything else, and the firmware reads 2 MB more in no time. FSTYPE: whose fsck comes along,
// which Debian's hook asks the mounted root for, and there is none yet when the image is made.
const CONF = 'MODULES=list\nRESUME=none\nCOMPRESS=lz4\nFSTYPE=ext4\n';

const conf = '/etc/initramfs-tools';

export const INITRAMFS_FILES = [
  { path: `${conf}/conf.d/lodge`, mode: 0o644, content: CONF },
  { path: '/usr/share/initramfs-tools/modules.d/lodge', mode: 0o644, content: `${LOADED.join('\n')}\n` },
  { path: `${conf}/hooks/lodge`, mode: 0o755, content: HOOK },
  { path: `${conf}/scripts/init-top/udev`, mode: 0o755, content: UDEV_START },
  { path: `${conf}/scripts/init-bottom/udev`, mode: 0o755, content: UDEV_STOP },
];
