import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readFetchSettings } from '../../src/host/apt-settings.ts';
import { readAptSources } from '../../src/host/apt-sources.ts';
import { exec } from '../../src/host/exec.ts';
import { assembleDisk } from '../../src/install/assemble-disk.ts';
import { openArchive } from '../../src/install/open-archive.ts';
import { renderFstab, renderGrubConfig } from '../../src/render/image-boot.ts';

const PACKAGES = [
  'linux-image-amd64',
  'initramfs-tools',
  'zstd',
  'systemd-sysv',
  'udev',
  'dbus',
  'openssh-server',
  'cloud-init',
  'netplan.io',
  'iproute2',
];

/**
 * A Debian 12 cloud image as a publisher makes them: cloud-init with its defaults and nothing of Lodge inside. Kept in
 * LODGE_TEST_CACHE like the images that Lodge builds. Returns the path of a qcow2 file.
 */
export async function cloudImage(): Promise<string> {
  const cache = process.env.LODGE_TEST_CACHE ?? join(tmpdir(), 'lodge-test-cache');
  const hash = createHash('sha256')
    .update(readFileSync(import.meta.filename))
    .digest('hex')
    .slice(0, 16);
  const entry = `cloud-12-${hash}.qcow2`;
  const path = join(cache, entry);
  if (await stat(path).catch(() => null)) return path;
  await mkdir(cache, { recursive: true });
  const workDir = join(cache, `work-cloud-${process.pid}`);
  await mkdir(workDir, { mode: 0o700 });
  try {
    const disk = await makeDisk(workDir);
    await exec('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', disk, `${disk}.qcow2`], { timeoutMs: 600_000 });
    await rename(`${disk}.qcow2`, path);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
  const old = (await readdir(cache)).filter((other) => other.startsWith('cloud-12-') && other !== entry);
  for (const other of old) await rm(join(cache, other), { force: true });
  return path;
}

async function makeDisk(workDir: string): Promise<string> {
  const rootUuid = randomUUID();
  const signal = new AbortController().signal;
  const hostSources = await readAptSources();
  const settings = await readFetchSettings();
  const dir = join(workDir, 'apt');
  const onProgress = () => {};
  const open = { sources: hostSources, release: 'bookworm', settings, dir, onProgress, signal };
  await writeFile(join(workDir, 'host.sources'), (await openArchive(open)).sources);
  await writeFile(join(workDir, 'apt.conf'), settings);
  const options = [
    '--mode=root',
    '--variant=minbase',
    '--format=directory',
    `--include=${PACKAGES.join(',')}`,
    `--aptopt=${join(workDir, 'apt.conf')}`,
  ];
  const inNamespace = ['--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc', 'mmdebstrap'];
  const args = [...inNamespace, ...options, 'bookworm', 'tree', 'host.sources'];
  await exec('unshare', args, { cwd: workDir, timeoutMs: 1_800_000, killSignal: 'SIGKILL' });
  const tree = join(workDir, 'tree');
  for (const [name, content] of Object.entries({
    'etc/fstab': renderFstab(rootUuid),
    'boot/grub/grub.cfg': renderGrubConfig(rootUuid),
    'etc/machine-id': '',
    'etc/hostname': 'localhost\n',
    'etc/resolv.conf': '',
    // The default, en_US.UTF-8, is not generated here: cloud-init's locale module would fail.
    'etc/cloud/cloud.cfg.d/10-locale.cfg': 'locale: C.UTF-8\n',
  })) {
    await mkdir(dirname(join(tree, name)), { recursive: true });
    await writeFile(join(tree, name), content);
  }
  await exec('find', [join(tree, 'etc/ssh'), '-name', 'ssh_host_*', '-delete']);
  return assembleDisk({ treeDir: tree, workDir, rootUuid, signal });
}
