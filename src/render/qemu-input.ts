import type { Accelerator, DiskFormat, GuestSpec } from '../model/guest.ts';
import type { GuestLayout } from '../model/layout.ts';
import type { QemuAbilities } from '../model/qemu-abilities.ts';

/**
 * A file that tells the guest who it is. `path` is absolute and readable by QEMU's user; its content never appears on
 * the command line, which every user of the host can read. `cdrom` is a NoCloud seed, attached as a read-only disk.
 */
export type IdentityFile =
  | { way: 'smbios'; path: string }
  | { way: 'fw_cfg'; name: string; path: string }
  | { way: 'cdrom'; path: string };

/** Everything the command line depends on: the same input gives the same line. */
export interface QemuInput {
  spec: GuestSpec;
  layout: GuestLayout;
  accel: Accelerator;
  abilities: QemuAbilities;
  /** The image the disk is a copy-on-write child of. */
  image: { path: string; format: DiskFormat } | null;
  identityFiles: IdentityFile[];
  /** The guest has never been started: `boot.once` applies. */
  firstBoot: boolean;
}
