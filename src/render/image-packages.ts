/**
 * dpkg.cfg(5) of the build and of the guest: what nobody reads in a guest is not unpacked, now and at every upgrade. It
 * is half of the files, and each is unpacked, written into the disk, copied and hashed.
 */
export const LEFT_OUT = [
  '/usr/share/doc/*',
  '/usr/share/info/*',
  '/usr/share/lintian/*',
  '/usr/share/locale/*',
  '/usr/share/man/*',
];

/** Licences stay, as they ask to; without locale.alias, libc warns. */
export const KEPT = ['/usr/share/doc/*/copyright', '/usr/share/locale/locale.alias'];

/** Drivers of hardware that no virtual machine of Lodge has, as Debian's own kernel for clouds leaves them out. */
const HARDWARE = [
  'drivers/bluetooth',
  'drivers/gpu/drm/amd',
  'drivers/gpu/drm/i915',
  'drivers/gpu/drm/nouveau',
  'drivers/gpu/drm/radeon',
  'drivers/gpu/drm/xe',
  'drivers/iio',
  'drivers/infiniband/hw',
  'drivers/media',
  'drivers/net/wireless',
  'drivers/staging',
  'sound',
];

/** Since Debian 13 the kernel's package names its files under /usr. */
const MODULE_ROOTS = ['/lib/modules', '/usr/lib/modules'];

export const DPKG_CONFIG = [
  '# Made by Lodge with the image: documentation, translations and drivers of hardware that no guest has are not unpacked.',
  '# Remove this file and `apt-get install --reinstall` a package to have all of it.',
  ...LEFT_OUT.map((path) => `path-exclude=${path}`),
  ...KEPT.map((path) => `path-include=${path}`),
  ...MODULE_ROOTS.flatMap((root) => HARDWARE.map((path) => `path-exclude=${root}/*/kernel/${path}/*`)),
  '',
].join('\n');

/**
 * The generic kernel: Debian's cloud kernel has no i6300esb watchdog, no AHCI (the CD-ROM of q35), no USB input (the
 * tablet) and no bochs graphics (config-6.1.0-*-cloud-amd64). fdisk and e2fsprogs let the root file system grow.
 */
const FOR_THE_SYSTEM = [
  'linux-image-amd64',
  'initramfs-tools',
  'lz4',
  'systemd-sysv',
  'systemd-timesyncd',
  'udev',
  'dbus',
  'openssh-server',
  'qemu-guest-agent',
  'iproute2',
  'netbase',
  'ca-certificates',
  'kmod',
  'fdisk',
  'e2fsprogs',
  'tzdata',
];

/** What people reach for in the first minute. */
const FOR_PEOPLE = ['bash-completion', 'curl', 'iputils-ping', 'less', 'nano', 'procps', 'sudo', 'vim-tiny'];

export const GUEST_PACKAGES: readonly string[] = [...FOR_THE_SYSTEM, ...FOR_PEOPLE];
