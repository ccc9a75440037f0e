import type { Accelerator } from './guest.ts';

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
  /** Accelerators compiled into the binary; whether they work on this host is the probe's business. */
  accelerators: Accelerator[];
  /** Ways of asynchronous disk access compiled in: `threads`, `native`, `io_uring`. */
  aioModes: string[];
  /** Keyboard layouts `-k` accepts; empty when they could not be listed. */
  keymaps: string[];
  /** Of the trace events Lodge asks for, those the binary knows. */
  traceEvents: string[];
  /** The balloon can hand unused guest memory back by itself. */
  freePageReporting: boolean;
}
