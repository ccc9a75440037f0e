import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exec } from '../host/exec.ts';
import { type ImageFile, renderImageFiles } from '../render/image-files.ts';

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

interface Bootstrap {
  release: string;
  /** apt sources in deb822. */
  sources: string;
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
  const { release, sources, rootUuid, workDir, onProgress, signal } = bootstrap;
  await writeImageFiles(join(workDir, 'overlay'), renderImageFiles(rootUuid));
  await writeFile(join(workDir, 'host.sources'), sources);
  const shell = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc'];
  const options = [
    '--mode=root',
    '--variant=minbase',
    '--format=directory',
    '--verbose',
    `--include=${GUEST_PACKAGES.join(',')}`,
    '--aptopt=Acquire::Languages "none"',
    '--aptopt=Acquire::Retries "3"',
    '--essential-hook=sync-in overlay /',
  ];
  await exec('setpriv', [...shell, 'mmdebstrap', ...options, release, 'tree', 'host.sources'], {
    cwd: workDir,
    // Killed, mmdebstrap leaves what it keeps in its directory for temporary files: that goes with ours.
    env: { TMPDIR: workDir },
    timeoutMs: BOOTSTRAP_LIMIT_MS,
    killSignal: 'SIGKILL',
    signal,
    onLine: packageProgress(onProgress),
  });
  return join(workDir, 'tree');
}

/** mmdebstrap's own lines as they are, apt's and dpkg's as a count. */
function packageProgress(onProgress: (detail: string) => void): (line: string) => void {
  let unpacked = 0;
  let configured = 0;
  return (line) => {
    if (line.startsWith('I: ')) return onProgress(line.slice(3).replace(/\.\.\.$/, ''));
    if (line.startsWith('Unpacking ')) unpacked += 1;
    else if (line.startsWith('Setting up ')) configured += 1;
    else return;
    onProgress(configured > 0 ? `setting up packages, ${configured} done` : `unpacking packages, ${unpacked} done`);
  };
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
