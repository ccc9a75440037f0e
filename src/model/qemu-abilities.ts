/** What the installed QEMU can do, read from the binary itself; versions are for people and caches, never compared. */
export interface QemuAbilities {
  /** Absolute path of qemu-system-x86_64. */
  binary: string;
  /** `7.2.22` */
  version: string;
  /** `pc`, `q35`, … names `-machine` accepts. */
  machines: string[];
  /** `virtio-blk-pci`, `i6300esb`, … */
  devices: string[];
  /** Options `-help` lists, without the hyphen: `run-with`, `action`, `watchdog-action` … */
  options: string[];
  /** UEFI firmware found on the host: code and variables template. */
  uefi: { code: string; varsTemplate: string } | null;
}
