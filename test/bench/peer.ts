import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { installedVersions } from '../../src/host/apt.ts';
import { type ExecResult, exec } from '../../src/host/exec.ts';
import { pathExists } from '../../src/host/files.ts';
import { eventually, type Namespaces } from '../support/netns.ts';

const PACKAGES = ['libvirt-daemon-system', 'libvirt-clients'];

/** libvirt, in a network and mount namespace of its own: its packages are unpacked and never installed. */
export class Peer {
  readonly #unpacked: string;
  readonly #work: string;
  readonly #pid: number;

  private constructor(unpacked: string, work: string, pid: number) {
    this.#unpacked = unpacked;
    this.#work = work;
    this.#pid = pid;
  }

  /** @param domains XML of guests it is to know from its start, by name. */
  static async start(spaces: Namespaces, domains: ReadonlyMap<string, string> = new Map()): Promise<Peer> {
    const unpacked = await unpackPackages();
    const work = await mkdtemp(join(tmpdir(), 'lodge-peer-'));
    const definitions = join(work, 'upper/etc/libvirt/qemu');
    await mkdir(definitions, { recursive: true });
    for (const [name, xml] of domains) await writeFile(join(definitions, `${name}.xml`), xml);
    await exec('chmod', ['0755', work]);
    const script = join(import.meta.dirname, 'peer.sh');
    const child = spaces.start('host', 'unshare', ['--mount', 'sh', script, unpacked, work]);
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-2000);
    });
    const { pid } = child;
    if (pid === undefined) throw new Error('libvirtd was not started');
    const peer = new Peer(unpacked, work, pid);
    await eventually(
      'libvirtd answers',
      async () => {
        if (child.exitCode !== null) throw new Error(`libvirtd ended: ${said}`);
        return (await pathExists(join(work, 'libvirt-sock'))) && (await peer.virsh('uri').catch(() => null)) !== null;
      },
      60_000,
    );
    return peer;
  }

  /** Program, arguments and environment of one `virsh` command. */
  command(...args: string[]): [string, string[], Record<string, string>] {
    const connection = `qemu:///system?socket=${join(this.#work, 'libvirt-sock')}`;
    const libraries = { LD_LIBRARY_PATH: join(this.#unpacked, 'usr/lib/x86_64-linux-gnu') };
    return [join(this.#unpacked, 'usr/bin/virsh'), ['--connect', connection, ...args], libraries];
  }

  async virsh(...args: string[]): Promise<ExecResult> {
    const [program, words, env] = this.command(...args);
    return exec(program, words, { env });
  }

  async residentMiB(): Promise<number> {
    return residentMiB(this.#pid);
  }

  /** Ends libvirtd; guests that it started have to be ended before. */
  async stop(): Promise<void> {
    process.kill(this.#pid, 'SIGTERM');
    await eventually('libvirtd ends', async () => !(await pathExists(`/proc/${this.#pid}/exe`)), 30_000);
    await rm(this.#work, { recursive: true, force: true });
  }
}

export async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

/** Fetches what the host lacks for libvirt and unpacks it, once, beside the images of the tests. */
async function unpackPackages(): Promise<string> {
  const cache = process.env.LODGE_TEST_CACHE ?? join(tmpdir(), 'lodge-test-cache');
  const directory = join(cache, 'libvirt');
  const done = join(directory, 'unpacked');
  if (await pathExists(join(done, 'usr/bin/virsh'))) return done;
  await rm(directory, { recursive: true, force: true });
  const packages = join(directory, 'packages');
  const tree = join(directory, 'tree');
  await mkdir(join(packages, 'partial'), { recursive: true });
  const download = ['-qq', '--yes', '--no-install-recommends', '--download-only'];
  const install = ['-o', `Dir::Cache::archives=${packages}`, 'install', ...PACKAGES];
  await exec('apt-get', [...download, ...install], { timeoutMs: 600_000 }).catch(async () => {
    await exec('apt-get', ['-qq', 'update'], { timeoutMs: 600_000 });
    await exec('apt-get', [...download, ...install], { timeoutMs: 600_000 });
  });
  for (const part of ['usr', 'etc', 'var']) await mkdir(join(tree, part), { recursive: true });
  const nameOf = (file: string) => basename(file).split('_')[0] ?? '';
  const files = (await readdir(packages)).filter((file) => file.endsWith('.deb'));
  const installed = await installedVersions(files.map(nameOf));
  for (const file of files) {
    // What the host has stays as it is, and systemd would only be an upgrade of it.
    if (installed.has(nameOf(file)) || nameOf(file).startsWith('systemd')) continue;
    await exec('dpkg-deb', ['--extract', join(packages, file), tree]);
  }
  // Debian's directories at the root are links into /usr; of some packages the files still come by the old path.
  for (const part of ['lib', 'sbin', 'bin']) {
    if (await pathExists(join(tree, part))) await exec('cp', ['-a', join(tree, part), join(tree, 'usr')]);
  }
  await exec('mv', [tree, done]);
  return done;
}
