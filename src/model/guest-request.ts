import type {
  Accelerator,
  DiskCache,
  DiskFormat,
  GuestSpec,
  PublishedPort,
  RestartPolicy,
  WatchdogAction,
} from './guest.ts';
import type { OperationStep } from './operation.ts';

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
  /** User-data as bytes: a gzip, for one. */
  userDataBase64?: string;
  link?: 'nat';
  mac?: string;
  ipv4?: string;
  ipv6?: string;
  publish?: PublishedPort[];
  /** How many connections the guest may have at once; without it its share of the host's table. */
  maxConnections?: number;
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
  /** null: its share of the host's table again. */
  maxConnections?: number | null;
  sshKeys?: string[];
  /** Says what would be refused, and changes nothing. */
  dryRun?: boolean;
}

/** Body of POST /v1/guests/{name}/password. Without a password one is made. */
export interface SetPassword {
  /** Account in the guest; without it root. */
  user?: string;
  password?: string;
}

/** Its answer: the only place where a made password is ever told. */
export interface GuestPassword {
  user: string;
  /** null when it came with the request: nobody tells a secret back. */
  password: string | null;
}

/** Answer to `dryRun` of POST. */
export interface GuestPlan {
  spec: GuestSpec;
  steps: Pick<OperationStep, 'id' | 'title' | 'why'>[];
  /** What would be done and is hardly meant. */
  warnings?: string[];
}
