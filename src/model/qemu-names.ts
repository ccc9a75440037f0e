/** Names of devices (`id=`) and block nodes on the command line by which the monitor speaks of them later. */
export const QEMU_NAMES = {
  diskNode: 'disk',
  cdDevice: 'cd0',
  cdNode: 'cd',
  balloonDevice: 'balloon0',
} as const;
