/** Where everything of one instance lies. `docs/internals.md` explains each file. Paths are absolute. */
export interface Layout {
  /** `''` for the system's own instance, else the directory given as LODGE_ROOT. */
  root: string;
  etcDir: string;
  stateDir: string;
  runDir: string;
  database: string;
  imagesDir: string;
  sshDir: string;
  /** Transactions of the host's network, and what is made of it at boot. */
  networkDir: string;
  daemonSocket: string;
  daemonLock: string;
  daemonLog: string;
  /** Pipes from each QEMU to the writer of its logs. */
  logPipesDir: string;
}

/** The longest path a unix socket can have (sockaddr_un of Linux, less the closing zero). */
export const SOCKET_PATH_MAX_BYTES = 107;

/** What keeps a root from being one, in words that follow its name; null where nothing does. Every other character works. */
export function rootRefusal(root: string): string | null {
  // Files of lines hold it, and so does what is shown.
  if (/\p{Cc}/u.test(root)) return 'must not have a line end or another control character in it';
  if (root.includes('\ufffd')) return 'must be UTF-8: every program has to be told of the same directory';
  // ssh_config(5), ENVIRONMENT VARIABLES: there is no other way to write it.
  if (root.includes('${')) return 'must not have ${ in it, which ssh takes for a variable';
  // apt.conf has no way to write one in a path.
  if (root.includes('"')) return 'must not have a double quote in it, which apt has no way to write';
  return null;
}

export function layoutOf(root: string): Layout {
  const stateDir = `${root}/var/lib/lodge`;
  const runDir = `${root}/run/lodge`;
  return {
    root,
    etcDir: `${root}/etc/lodge`,
    stateDir,
    runDir,
    database: `${stateDir}/lodge.db`,
    imagesDir: `${stateDir}/images`,
    sshDir: `${stateDir}/ssh`,
    networkDir: `${stateDir}/network`,
    daemonSocket: `${runDir}/lodge.sock`,
    daemonLock: `${runDir}/daemon.lock`,
    daemonLog: `${stateDir}/daemon.log`,
    logPipesDir: `${runDir}/logs`,
  };
}

/** What a guest, or its QEMU, writes without end, and what keeps it bounded: `qemu/log-writer.ts`. */
export interface GuestLog {
  /** The newer part; the older one is `.1` beside it. */
  file: string;
  /** Where QEMU writes. Its writer reads there and fills the file. */
  pipe: string;
}

/** The files of one guest: what lasts in `dir`, what is gone at the next boot in `runDir`. */
export interface GuestLayout {
  dir: string;
  /** Overlay or disk; its name says the format: `disk.qcow2`, `disk.raw`. */
  disk: string;
  /** UEFI variables, one copy a guest. */
  uefiVars: string;
  /** NoCloud seed of a foreign cloud image. */
  seed: string;
  /** Directory of credential files read by `-smbios type=11,path=`. Root and QEMU only. */
  credentialsDir: string;
  /** The guest's own SSH host key: made on the host, so that the first login is verified. Root only. */
  hostKey: string;
  knownHosts: string;
  serialLog: GuestLog;
  qemuLog: GuestLog;
  runDir: string;
  qmpSocket: string;
  serialSocket: string;
  vncSocket: string;
  agentSocket: string;
  pidFile: string;
  /** Number and start time of its QEMU, as the daemon saw it: QEMU cannot write it. */
  startedFile: string;
}

export function guestLayoutOf(layout: Layout, name: string, diskFormat: 'qcow2' | 'raw'): GuestLayout {
  const dir = `${layout.stateDir}/guests/${name}`;
  const runDir = `${layout.runDir}/guests/${name}`;
  return {
    dir,
    disk: `${dir}/disk.${diskFormat}`,
    uefiVars: `${dir}/uefi-vars.fd`,
    seed: `${dir}/seed.iso`,
    credentialsDir: `${dir}/credentials`,
    hostKey: `${dir}/ssh_host_ed25519_key`,
    knownHosts: `${dir}/known_hosts`,
    serialLog: { file: `${dir}/serial.log`, pipe: `${layout.logPipesDir}/${name}.serial` },
    qemuLog: { file: `${dir}/qemu.log`, pipe: `${layout.logPipesDir}/${name}.qemu` },
    runDir,
    qmpSocket: `${runDir}/qmp.sock`,
    serialSocket: `${runDir}/serial.sock`,
    vncSocket: `${runDir}/vnc.sock`,
    agentSocket: `${runDir}/agent.sock`,
    pidFile: `${dir}/qemu.pid`,
    startedFile: `${dir}/qemu.started`,
  };
}
