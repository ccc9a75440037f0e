import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isLodgeError, LodgeError } from '../base/errors.ts';
import { hideLogins } from '../base/hide-logins.ts';
import { fetchError, parseFailures } from '../host/apt-indexes.ts';
import { exec } from '../host/exec.ts';
import { type ImageFile, renderImageFiles } from '../render/image-files.ts';
import { DPKG_CONFIG, GUEST_PACKAGES } from '../render/image-packages.ts';
import { createBootstrapProgress } from './bootstrap-progress.ts';

const BOOTSTRAP_LIMIT_MS = 45 * 60_000;

/** mmdebstrap skips its own update where all of these are there; apt makes caches anew that are empty. */
const MOVE_LISTS = [
  'rm -rf "$1/var/lib/apt/lists"',
  'mkdir -p "$1/var/lib/apt" "$1/var/cache/apt"',
  'mv "$LODGE_APT/lists" "$1/var/lib/apt/lists"',
  // They were fetched where nobody else may look.
  'chmod 0755 "$1/var/lib/apt/lists"',
  'touch "$1/var/cache/apt/pkgcache.bin" "$1/var/cache/apt/srcpkgcache.bin"',
].join(' && ');

/**
 * As an option of mmdebstrap it would be obeyed while the essential packages are extracted too, by a slow filter: what
 * these have is removed in the end.
 */
const LEAVE_OUT = 'mkdir -p "$1/etc/dpkg/dpkg.cfg.d" && cp dpkg.cfg "$1/etc/dpkg/dpkg.cfg.d/10-lodge"';

/**
 * Debian 12 turns an old layout into the merged one by usrmerge, which brings all of perl, 46 MB. A tree that begins
 * merged needs only usr-is-merged.
 */
const WITHOUT_USRMERGE = [
  'sh /usr/share/mmdebstrap/hooks/merged-usr/setup00.sh "$1"',
  'mkdir -p "$1/etc/apt/preferences.d"',
  'printf "Package: usrmerge\\nPin: release *\\nPin-Priority: -1\\n" > "$1/etc/apt/preferences.d/lodge-build"',
].join(' && ');

/**
 * The kernel's package and then a trigger would make it, one after the other: INITRD=No keeps the first
 * and the link to it away (/etc/kernel/postinst.d, linux-update-symlinks), and the trigger finds nothing to renew.
 */
const MAKE_INITRAMFS = [
  'set -e',
  'unset INITRD',
  'for kernel in $(chroot "$1" linux-version list)',
  'do chroot "$1" update-initramfs -c -k "$kernel"',
  'chroot "$1" linux-update-symlinks install "$kernel" "/boot/vmlinuz-$kernel"',
  'test -e "$1/initrd.img"',
  'done',
].join('; ');

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
  /** What goes before a program that shall see the tree: openTreeRoom. */
  enter: string[];
  onProgress: (detail: string) => void;
  signal: AbortSignal;
}

/**
 * Makes a Debian tree in workDir/tree with mmdebstrap. It runs in a mount and a PID namespace of its own that end
 * with it, and it ends with us: neither an abort nor a kill leaves a process or a mount.
 */
export async function bootstrapDebian(bootstrap: Bootstrap): Promise<void> {
  const { release, sources, settings, aptDir, rootUuid, workDir, enter, onProgress, signal } = bootstrap;
  await writeImageFiles(join(workDir, 'overlay'), renderImageFiles(rootUuid));
  await writeFile(join(workDir, 'host.sources'), sources, { mode: 0o600 });
  // By file, as it may hold a proxy's password. It is copied into the tree, from where finishTree takes it.
  const aptConf = join(workDir, 'apt.conf');
  await writeFile(aptConf, `${settings}Acquire::Languages "none";\n`, { mode: 0o600 });
  await writeFile(join(workDir, 'dpkg.cfg'), DPKG_CONFIG);
  const shell = [
    '--pdeathsig',
    'KILL',
    ...enter,
    'unshare',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child=KILL',
    '--mount-proc',
  ];
  const options = [
    '--mode=root',
    '--variant=minbase',
    '--format=directory',
    '--verbose',
    `--include=${GUEST_PACKAGES.join(',')}`,
    `--aptopt=${aptConf}`,
    // Nobody needs the tree after a power cut.
    '--dpkgopt=force-unsafe-io',
    `--setup-hook=${MOVE_LISTS}`,
    ...(release === 'bookworm' ? [`--setup-hook=${WITHOUT_USRMERGE}`] : []),
    `--extract-hook=${LEAVE_OUT}`,
    '--essential-hook=sync-in overlay /',
    `--customize-hook=${MAKE_INITRAMFS}`,
  ];
  const follow = createBootstrapProgress(onProgress);
  const said: string[] = [];
  const onLine = (line: string) => {
    follow(line);
    if (/^(Err:| {2}|W: |E: )/.test(line)) said.push(line);
  };
  try {
    // A mount namespace that is entered begins at its root.
    const there = ['sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', workDir];
    await exec('setpriv', [...shell, ...there, 'mmdebstrap', ...options, release, 'tree', 'host.sources'], {
      // Killed, mmdebstrap leaves what it keeps in its directory for temporary files: that goes with ours.
      env: { TMPDIR: workDir, LODGE_APT: aptDir, INITRD: 'No' },
      timeoutMs: BOOTSTRAP_LIMIT_MS,
      killSignal: 'SIGKILL',
      signal,
      onLine,
    });
  } catch (error) {
    throw bootstrapError(error, said);
  }
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
