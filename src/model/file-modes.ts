/** Whose a file is: root's alone, root's with QEMU's group, root's with the group of one guest's QEMU, or that QEMU's own. */
export type FileOwner = 'root' | 'root and QEMU' | 'root and guest' | 'guest';

export interface FileRule {
  /** Relative to LODGE_ROOT. `*` stands for any part of one name. */
  path: string;
  kind: 'directory' | 'file' | 'socket' | 'pipe';
  mode: number;
  owner: FileOwner;
}

const STATE = 'var/lib/lodge';
const RUN = 'run/lodge';
const GUEST = `${STATE}/guests/*`;

/**
 * Every file and directory that Lodge makes, with its mode: whoever makes one takes the mode from here, whatever the umask is,
 * and the daemon's start brings back what differs. The more special path stands first. docs/internals.md says what each is for.
 *
 * Names are listed only where others could reach them: `CLOSED` has the directories behind which nobody but their owner comes.
 */
export const FILES = {
  etcDir: directory('etc/lodge', 0o755),
  hostConfig: file('etc/lodge/host.yaml*', 0o644),
  hostSchema: file('etc/lodge/host.schema.json', 0o644),

  stateDir: directory(STATE, 0o755),
  // Guests' user-data with their passwords are in it.
  database: file(`${STATE}/lodge.db*`, 0o600),
  daemonLog: file(`${STATE}/daemon.log*`, 0o640),
  sshDir: directory(`${STATE}/ssh`, 0o700),
  imagesDir: directory(`${STATE}/images`, 0o755),
  imageWork: directory(`${STATE}/images/.work-*`, 0o700),
  // An image may hold whatever its owner put in: only QEMU reads it, which has it as parent of guests' disks.
  image: file(`${STATE}/images/*`, 0o640, 'root and QEMU'),
  natDir: directory(`${STATE}/nat`, 0o755),
  natRecord: file(`${STATE}/nat/*`, 0o644),
  networkDir: directory(`${STATE}/network`, 0o700),
  guestsDir: directory(`${STATE}/guests`, 0o755),
  guestDir: directory(GUEST, 0o750, 'root and guest'),
  disk: file(`${GUEST}/disk.*`, 0o600, 'guest'),
  uefiVars: file(`${GUEST}/uefi-vars.fd`, 0o600, 'guest'),
  seed: file(`${GUEST}/seed.iso`, 0o640, 'root and guest'),
  credentialsDir: directory(`${GUEST}/credentials`, 0o750, 'root and guest'),
  credential: file(`${GUEST}/credentials/*`, 0o640, 'root and guest'),
  hostKeyPublic: file(`${GUEST}/ssh_host_ed25519_key.pub`, 0o644),
  hostKey: file(`${GUEST}/ssh_host_ed25519_key`, 0o600),
  knownHosts: file(`${GUEST}/known_hosts`, 0o644),
  // Of both their writer has open descriptors, and QEMU nothing.
  serialLog: file(`${GUEST}/serial.log*`, 0o640),
  qemuPid: file(`${GUEST}/qemu.pid`, 0o600, 'guest'),
  qemuStarted: file(`${GUEST}/qemu.started`, 0o600),
  qemuLog: file(`${GUEST}/qemu.log*`, 0o640),

  runDir: directory(RUN, 0o755),
  // 0600 where there is no group `lodge`.
  daemonSocket: { path: `${RUN}/lodge.sock`, kind: 'socket', mode: 0o660, owner: 'root' },
  daemonLock: file(`${RUN}/daemon.lock*`, 0o600),
  accelerators: file(`${RUN}/accelerators.json`, 0o644),
  // dnsmasq reads its lists as an unprivileged user.
  nameServiceDir: directory(`${RUN}/nat`, 0o755),
  nameService: file(`${RUN}/nat/*`, 0o644),
  logPipesDir: directory(`${RUN}/logs`, 0o755),
  // QEMU writes and does not read: the writer's end it may not have.
  logPipe: { path: `${RUN}/logs/*`, kind: 'pipe', mode: 0o620, owner: 'root and guest' },
  guestsRunDir: directory(`${RUN}/guests`, 0o755),
  guestRunDir: directory(`${RUN}/guests/*`, 0o700, 'guest'),

  // The host's own directory, whatever the root is: networkd has one, and reads it as a user of its own.
  unmanagedLinks: file('run/systemd/network/+lodge-*.network', 0o644),
} as const satisfies Record<string, FileRule>;

/** Behind these nobody but their owner comes, so that what is in them needs no rule of its own. */
const CLOSED: readonly FileRule[] = [FILES.sshDir, FILES.imageWork, FILES.networkDir, FILES.guestRunDir];

/** Above the instance's own directories, made by Lodge under a LODGE_ROOT only. */
export const ABOVE: readonly FileRule[] = ['etc', 'var', 'var/lib', 'run'].map((path) => directory(path, 0o755));

/** The rule of a path relative to LODGE_ROOT; null where there is none. */
export function fileRuleOf(path: string): FileRule | null {
  return Object.values(FILES).find((rule) => matches(rule.path, path)) ?? null;
}

/** Whether nothing in this directory is looked at. */
export function isClosed(rule: FileRule): boolean {
  return CLOSED.includes(rule);
}

function matches(pattern: string, path: string): boolean {
  const [wanted, found] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== found.length) return false;
  return wanted.every((part, index) => {
    const [start = '', end] = part.split('*');
    const name = found[index] ?? '';
    return end === undefined ? name === start : name.startsWith(start) && name.slice(start.length).endsWith(end);
  });
}

function directory(path: string, mode: number, owner: FileOwner = 'root'): FileRule {
  return { path, kind: 'directory', mode, owner };
}

function file(path: string, mode: number, owner: FileOwner = 'root'): FileRule {
  return { path, kind: 'file', mode, owner };
}
