import { GIB } from '../base/size.ts';

export const GUEST_DEFAULTS = {
  memoryMiB: 1024,
  vcpus: 1,
  diskBytes: 10 * GIB,
  diskFormat: 'qcow2',
  diskCache: 'none',
  discard: 'unmap',
  machine: 'pc',
  firmware: 'bios',
  cpu: 'auto',
  accel: 'auto',
  keymap: 'en-us',
  watchdog: 'reset',
  restartPolicy: 'on-failure',
  startWithHost: true,
} as const;

export const GUEST_LIMITS = {
  memoryMiB: { min: 64, max: 16 * 1024 * 1024 },
  vcpus: { min: 1, max: 512 },
  maxConnections: { min: 16, max: 4_000_000 },
} as const;
