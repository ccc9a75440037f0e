import type { Ipv4Address, Ipv6Address, MacAddress } from '../base/address.ts';

export type Accelerator = 'kvm' | 'tcg';
export type DiskFormat = 'qcow2' | 'raw';
export type Firmware = 'bios' | 'uefi';
/** QEMU's cache modes: `none` bypasses the host's page cache, `unsafe` ignores flushes. */
export type DiskCache = 'none' | 'writeback' | 'writethrough' | 'directsync' | 'unsafe';
export type WatchdogAction = 'reset' | 'shutdown' | 'poweroff' | 'pause' | 'inject-nmi' | 'none';
/** `on-failure`: QEMU died or the watchdog ended it; `always`: also when the guest powered itself off. */
export type RestartPolicy = 'no' | 'on-failure' | 'always';

/** `--publish 8080:80`: a port of the host's addresses that leads to a port of the guest. */
export interface PublishedPort {
  protocol: 'tcp' | 'udp';
  /** `null` means every address of the host. */
  hostAddress: Ipv4Address | Ipv6Address | null;
  hostPort: number;
  guestPort: number;
}

/** The guest's NIC and its addresses: chosen once at creation, fixed after. */
export interface GuestNic {
  link: 'nat';
  mac: MacAddress;
  /** Name of the host's tap, at most 15 characters, unique on the machine. */
  tap: string;
  ipv4: Ipv4Address | null;
  ipv6: Ipv6Address | null;
  publish: PublishedPort[];
  /** How many connections the guest may have at once; null, or not there at all, is its share of the host's table. */
  maxConnections?: number | null;
}

export interface GuestDisk {
  format: DiskFormat;
  sizeBytes: number;
  cache: DiskCache;
  /** Whether the guest's discards free space on the host. */
  discard: 'unmap' | 'ignore';
}

/** How an image learns who it is: our images by credentials, foreign ones by a NoCloud seed, `none` for an ISO. */
export type IdentityWay = 'credentials' | 'nocloud' | 'none';

/** What the owner wants of a guest, with every default filled in. Stored as JSON; `version` is its format. */
export interface GuestSpec {
  version: 1;
  name: string;
  /** Also the machine-id of the guest and the mark by which its QEMU process is recognised. */
  uuid: string;
  /** Name of the image whose copy-on-write child the disk is; `null` for an empty disk. */
  image: string | null;
  /** Absolute path of a CD image in the IDE drive; `null` for an empty drive. */
  iso: string | null;
  memoryMiB: number;
  vcpus: number;
  disk: GuestDisk;
  machine: 'pc' | 'q35';
  firmware: Firmware;
  /** QEMU's CPU model; `auto` is `host` under KVM and `max` under TCG. */
  cpu: string;
  accel: 'auto' | Accelerator;
  /** `-boot order=`, e.g. `cd`; `once` applies to the first boot after creation only when an ISO is given. */
  boot: { order: string; once: string | null };
  /** VNC keyboard layout, QEMU's `-k`: `en-us`, `de` … */
  keymap: string;
  watchdog: WatchdogAction;
  restartPolicy: RestartPolicy;
  startWithHost: boolean;
  identity: IdentityWay;
  /** OpenSSH public keys, one a line each, besides Lodge's own. */
  sshKeys: string[];
  /** cloud-init user-data for images that read a NoCloud seed. */
  userData: string | null;
  /** User-data that is no UTF-8 text (a gzip): its bytes. `userData` is null then. */
  userDataBase64?: string;
  nic: GuestNic;
}

/**
 * creating: its first operation is not done. failed: creation failed and could not be undone wholly.
 * crashed: QEMU ended without being asked. removing: only `rm` may go on.
 */
export type GuestPhase =
  | 'creating'
  | 'stopped'
  | 'starting'
  | 'running'
  | 'paused'
  | 'stopping'
  | 'crashed'
  | 'failed'
  | 'removing';

export type GuestAction =
  | 'start'
  | 'stop'
  | 'restart'
  | 'kill'
  | 'rm'
  | 'set'
  | 'console'
  | 'vnc'
  | 'ssh'
  | 'exec'
  | 'cp';

/** What may be asked of a guest in each phase: the API refuses by it, and texts and completion read it too. */
export const GUEST_CAN: Record<GuestPhase, readonly GuestAction[]> = {
  creating: ['kill', 'rm', 'console', 'vnc'],
  stopped: ['start', 'rm', 'set'],
  starting: ['kill', 'console', 'vnc', 'ssh', 'exec', 'cp'],
  running: ['stop', 'restart', 'kill', 'rm', 'set', 'console', 'vnc', 'ssh', 'exec', 'cp'],
  paused: ['stop', 'restart', 'kill', 'rm', 'set', 'console', 'vnc'],
  stopping: ['kill', 'console', 'vnc', 'ssh', 'exec', 'cp'],
  crashed: ['start', 'rm', 'set'],
  failed: ['rm'],
  removing: ['rm'],
};

export function guestCan(phase: GuestPhase, action: GuestAction): boolean {
  return GUEST_CAN[phase].includes(action);
}
