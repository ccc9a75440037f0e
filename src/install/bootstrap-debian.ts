import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isLodgeError, LodgeError } from '../base/errors.ts';
import { hideLogins } from '../base/hide-logins.ts';
import { fetchError, parseFailures } from '../host/apt-indexes.ts';
import { exec } from '../host/exec.ts';
import { type ImageFile, renderImageFiles } from '../render/image-files.ts';
import { createBootstrapProgress } from './bootstrap-progress.ts';

/**
 * The generic kernel: Debian's cloud kernel has no i6300esb watchdog, no AHCI (the CD-ROM of q35), no USB input (the
 * tablet) and no bochs graphics (config-6.1.0-*-cloud-amd64). fdisk and e2fsprogs let the root file system grow.
 */
const GUEST_PACKAGES = [
  'linux-image-amd64',
  'initramfs-tools',
  'zstd',
  'systemd-sysv',
  'systemd-timesyncd',
  'udev',
  'dbus',
  'openssh-server',
  'qemu-guest-agent',
  'iproute2',
  'iputils-ping',
  'netbase',
  'ca-certificates',
  'procps',
  'kmod',
  'fdisk',
  'e2fsprogs',
  'less',
  'nano',
  'tzdata',
];

const BOOTSTRAP_LIMIT_MS = 45 * 60_000;

/** mmdebstrap skips its own update where all of these are there. */
const MOVE_LISTS = [
  'rm -rf "$1/var/lib/apt/lists"',
  'mkdir -p "$1/var/lib/apt" "$1/var/cache/apt"',
  'mv "$LODGE_APT/lists" "$1/var/lib/apt/lists"',
  'mv "$LODGE_APT/cache/pkgcache.bin" "$LODGE_APT/cache/srcpkgcache.bin" "$1/var/cache/apt/"',
].join(' && ');

interface Bootstrap {
  release: string;
  /** apt sources in deb822. */
  sources: string;
  /** How the host's apt gets at its archives: readFetchSettings. */
  settings: string;
  /** Where the lists of the sources have been fetched: they are moved into the tree. */
  aptDir: string;
  rootUuid: string;
  workDir: string;
  onProgress: (detail: string) => void;
  signal: AbortSignal;
}

/**
 * Makes a Debian tree in workDir/tree with mmdebstrap. It runs in a mount and a PID namespace of its own that end
 * with it, and it ends with us: neither an abort nor a kill leaves a process or a mount.
 */
export async function bootstrapDebian(bootstrap: Bootstrap): Promise<string> {
  const { release, sources, settings, aptDir, rootUuid, workDir, onProgress, signal } = bootstrap;
  await writeImageFiles(join(workDir, 'overlay'), renderImageFiles(rootUuid));
  await writeFile(join(workDir, 'host.sources'), sources, { mode: 0o600 });
  // By file, as it may hold a proxy's password. It is copied into the tree, from where finishTree takes it.
  const aptConf = join(workDir, 'apt.conf');
  await writeFile(aptConf, `${settings}Acquire::Languages "none";\n`, { mode: 0o600 });
  const shell = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc'];
  const options = [
    '--mode=root',
    '--variant=minbase',
    '--format=directory',
    '--verbose',
    `--include=${GUEST_PACKAGES.join(',')}`,
    `--aptopt=${aptConf}`,
    `--setup-hook=${MOVE_LISTS}`,
    '--essential-hook=sync-in overlay /',
  ];
  const follow = createBootstrapProgress(onProgress);
  const said: string[] = [];
  const onLine = (line: string) => {
    follow(line);
    if (/^(Err:| {2}|W: |E: )/.test(line)) said.push(line);
  };
  try {
    await exec('setpriv', [...shell, 'mmdebstrap', ...options, release, 'tree', 'host.sources'], {
      cwd: workDir,
      // Killed, mmdebstrap leaves what it keeps in its directory for temporary files: that goes with ours.
      env: { TMPDIR: workDir, LODGE_APT: aptDir },
      timeoutMs: BOOTSTRAP_LIMIT_MS,
      killSignal: 'SIGKILL',
      signal,
      onLine,
    });
  } catch (error) {
    throw bootstrapError(error, said);
  }
  return join(workDir, 'tree');
}

/** What could not be fetched says more than the last words of the programs above apt; what is told has no login in it. */
function bootstrapError(error: unknown, said: string[]): unknown {
  if (!isLodgeError(error, 'COMMAND_FAILED')) return error;
  const failures = parseFailures(said);
  return failures.length > 0 ? fetchError(failures) : new LodgeError('COMMAND_FAILED', hideLogins(error.message));
}

async function writeImageFiles(root: string, files: ImageFile[]): Promise<void> {
  for (const file of files) {
    const path = join(root, file.path);
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    if ('linkTo' in file) {
      await symlink(file.linkTo, path);
    } else {
      await writeFile(path, file.content);
      await chmod(path, file.mode);
    }
  }
  await chmod(root, 0o755);
}
