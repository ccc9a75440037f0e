import type {
  Accelerator,
  DiskCache,
  DiskFormat,
  GuestPhase,
  GuestSpec,
  PublishedPort,
  RestartPolicy,
  WatchdogAction,
} from '../model/guest.ts';
import type { Image } from '../model/image.ts';
import type { Operation, OperationStep } from '../model/operation.ts';

/** A line of `lodge ls`: small, because a thousand of them are read at once. */
export interface GuestRow {
  name: string;
  phase: GuestPhase;
  ipv4: string | null;
  ipv6: string | null;
  memoryMiB: number;
  vcpus: number;
  image: string | null;
}

export interface GuestDetail {
  spec: GuestSpec;
  phase: GuestPhase;
  /** Counts changes of the spec. A change may carry the generation it was made from and is refused when it is older. */
  generation: number;
  /** What the running QEMU was started with, when the spec has moved on: applied by the next restart. */
  pendingRestart: boolean;
  pid: number | null;
  accel: Accelerator | null;
  startedAtMs: number | null;
  createdAtMs: number;
  /** Why the guest is in the phase `crashed` or `failed`. */
  lastError: string | null;
  /** From the balloon, when the guest runs and answers. */
  memoryActualMiB: number | null;
  diskStoredBytes: number | null;
  paths: {
    directory: string;
    disk: string;
    qmpSocket: string;
    serialSocket: string;
    vncSocket: string;
    serialLog: string;
    qemuLog: string;
  };
  ssh: { user: string; address: string | null; port: number; identityFile: string; knownHostsFile: string };
  operation: string | null;
}

/** Body of POST /v1/guests. Only the name is needed. Sizes in bytes or MiB as named. */
export interface CreateGuest {
  name: string;
  /** Image name, absolute path, or URL. Default: the host's own Debian release. */
  image?: string;
  /** `sha256:HEX`, needed when `image` is a URL. */
  checksum?: string;
  iso?: string;
  memoryMiB?: number;
  vcpus?: number;
  disk?: { sizeBytes?: number; format?: DiskFormat; cache?: DiskCache; discard?: 'unmap' | 'ignore' };
  machine?: 'pc' | 'q35';
  firmware?: 'bios' | 'uefi';
  cpu?: string;
  accel?: 'auto' | Accelerator;
  boot?: { order?: string; once?: string };
  keymap?: string;
  watchdog?: WatchdogAction;
  restartPolicy?: RestartPolicy;
  startWithHost?: boolean;
  sshKeys?: string[];
  userData?: string;
  link?: 'nat';
  mac?: string;
  ipv4?: string;
  ipv6?: string;
  publish?: PublishedPort[];
  /** false: the operation ends when QEMU runs, without waiting for SSH. */
  wait?: boolean;
  dryRun?: boolean;
}

/** Body of PATCH /v1/guests/{name}. */
export interface ChangeGuest {
  /** Refused with GENERATION_CONFLICT when the guest has moved on. */
  generation?: number;
  memoryMiB?: number;
  /** Balloon target of the running guest, at most its memory. */
  balloonMiB?: number;
  vcpus?: number;
  diskSizeBytes?: number;
  restartPolicy?: RestartPolicy;
  startWithHost?: boolean;
  iso?: string | null;
  boot?: { order?: string; once?: string | null };
  publish?: PublishedPort[];
  sshKeys?: string[];
}

/** Answer to `dryRun`. */
export interface GuestPlan {
  spec: GuestSpec;
  steps: Pick<OperationStep, 'id' | 'title' | 'why'>[];
}

export interface ImageRow extends Image {
  /** Names of the guests whose disks are children of this image. */
  usedBy: string[];
}

/** Images Lodge can build that are not there yet are listed with `image: null`. */
export interface ImageListing {
  images: ImageRow[];
  buildable: string[];
}

export interface BuildImage {
  name: string;
  /** Build again although it is there; refused while guests use it. */
  rebuild?: boolean;
}

export interface ImportImage {
  name: string;
  /** Absolute path on the host, or URL. */
  source: string;
  /** `sha256:HEX` or `sha512:HEX`. Needed for a URL. */
  checksum?: string;
  /** Default: told from the file's own magic. */
  identity?: 'nocloud' | 'none';
}

export interface DaemonStatus {
  pid: number;
  version: string;
  root: string;
  startedAtMs: number;
  guests: { defined: number; running: number };
  memoryBytes: number;
}

export interface SetupPlan {
  /** Debian packages that are not installed. */
  missingPackages: string[];
  /** Everything that setup would do, in words; empty when all is there. */
  actions: string[];
  /** A newer QEMU that backports offers, or null. */
  backportsQemu: string | null;
}

/** One line of `lodge events --json`. */
export type LodgeEvent = { seq: number; atMs: number } & (
  | { type: 'guest.phase'; guest: string; phase: GuestPhase; reason: string | null }
  | { type: 'guest.watchdog'; guest: string; action: string }
  | { type: 'guest.removed'; guest: string }
  | { type: 'image.added'; image: string }
  | { type: 'image.removed'; image: string }
  | { type: 'operation'; operation: Operation }
  | { type: 'daemon'; state: 'started' | 'stopping' }
);
