import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { exec } from '../../src/host/exec.ts';
import { pathExists } from '../../src/host/files.ts';
import { freshDebian, npmAccess, type Release } from './fresh-debian.ts';
import { eventually, Namespaces } from './netns.ts';
import { openWayOut } from './way-out.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const ENTER = join(import.meta.dirname, 'fresh-enter.sh');
const ROOTS = '/var/tmp/lodge-fresh-';
const CHECKOUT = '/root/lodge';
/** Emulation, on a busy machine: Node, packages, the image's build and its boot. */
const LIMIT_MS = 45 * 60_000;

/** Processes, links, tables, mounts and directories of guests; the brackets keep grep from finding itself. */
const LEFTOVERS = `
  for dir in /proc/[0-9]*; do tr '\\0' ' ' <$dir/cmdline 2>/dev/null; echo; done | grep -E '[q]emu|[d]nsmasq|[n]ode|[m]mdebstrap'
  ip -o link show | grep -E ': (lg|lodge)'
  nft list tables
  grep -E ' /(root|var)[^ ]* ' /proc/self/mounts
  find /var/lib/lodge/guests /run/lodge/guests -mindepth 1 2>/dev/null
  true`;

export interface Said {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface FreshOptions {
  release: Release;
  label: string;
  /** Files by their paths in the new root, apt's sources among them. */
  files: Record<string, string>;
  env?: Record<string, string>;
  umask: string;
  /** How it reaches the world: as a machine behind a router with DNS, or by a proxy with a login alone, which the environment names. */
  network: 'slirp' | 'proxy';
}

/**
 * A whole minimal Debian with nothing of ours but a checkout, in PID, mount and network namespaces of its own: to programs in there
 * it is the host. All of it ends with `close`, and with this process.
 */
export class FreshHost {
  readonly namespaces: Namespaces;
  readonly #root: string;
  readonly #options: FreshOptions;
  #env: Record<string, string> = {};
  #first: ChildProcess | null = null;
  #slirp: ChildProcess | null = null;
  #pid = 0;
  #wayOut: { url: string; close: () => void } | null = null;

  private constructor(root: string, options: FreshOptions) {
    this.#root = root;
    this.#options = options;
    this.namespaces = new Namespaces(options.label);
  }

  static async open(options: FreshOptions): Promise<FreshHost> {
    await removeOrphans(options.label);
    // Not /tmp: Debian 13 mounts it without devices.
    const host = new FreshHost(await mkdtemp(`${ROOTS}${process.pid}-`), options);
    try {
      await host.namespaces.add('host');
      if (options.network === 'proxy') host.#wayOut = await openWayOut(host.namespaces, host.#root, 'me:sword%20fish');
      await host.#unpack();
      await host.#enter();
      if (options.network === 'slirp') await host.#connect();
      return host;
    } catch (error) {
      await host.close();
      throw error;
    }
  }

  async #unpack(): Promise<void> {
    const { release, files, env = {}, network } = this.#options;
    await exec('chmod', ['0755', this.#root]);
    await exec('tar', ['--extract', '--file', await freshDebian(release), '--directory', this.#root], {
      timeoutMs: 600_000,
    });
    const npm = await npmAccess();
    const home = { HOME: '/root', USER: 'root', PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
    const proxy = this.#wayOut?.url;
    const proxies =
      proxy === undefined ? {} : { http_proxy: proxy, https_proxy: proxy, no_proxy: 'localhost,10.0.0.0/8' };
    this.#env = { ...home, TERM: 'dumb', LANG: 'C.UTF-8', ...npm.env, ...proxies, ...env };
    await rm(join(this.#root, 'etc/apt/sources.list'), { force: true });
    const written: Record<string, string> = {
      '/etc/resolv.conf': network === 'slirp' ? 'nameserver 10.0.2.3\n' : '',
      '/etc/hostname': 'fresh\n',
      '/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 fresh\n',
      // Thrown away when the test ends: dpkg need not wait for the disk.
      '/etc/dpkg/dpkg.cfg.d/unsafe-io': 'force-unsafe-io\n',
      ...npm.files,
      ...files,
    };
    for (const [path, text] of Object.entries(written)) {
      await mkdir(dirname(this.#root + path), { recursive: true });
      await writeFile(this.#root + path, text);
    }
    await this.#checkOut();
  }

  /** What git has or would take of this checkout, written under the host's umask as `git clone` does. */
  async #checkOut(): Promise<void> {
    const list = ['-C', REPOSITORY, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];
    const { stdout } = await exec('git', list);
    const script =
      'umask "$1"; mkdir -p "$2"; tar -C "$3" --null --files-from=- --create | tar -C "$2" --extract --no-same-permissions --no-same-owner';
    const words = ['-c', script, 'sh', this.#options.umask, this.#root + CHECKOUT, REPOSITORY];
    const there = new Set(stdout.split('\0').filter((path) => path !== ''));
    for (const path of (await exec('git', ['-C', REPOSITORY, 'ls-files', '-z', '--deleted'])).stdout.split('\0'))
      there.delete(path);
    await exec('sh', words, { input: [...there].join('\0') });
  }

  async #enter(): Promise<void> {
    const isolate = ['unshare', '--mount', '--pid', '--fork', '--kill-child=KILL'];
    const words = ['netns', 'exec', this.namespaces.nameOf('host'), 'setpriv', '--pdeathsig', 'KILL', ...isolate];
    const first = spawn('ip', [...words, 'sh', ENTER, this.#root], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#first = first;
    let said = '';
    first.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const ready = once(first.stdout, 'data');
    await Promise.race([
      ready,
      once(first, 'exit').then(() => Promise.reject(new Error(`the new root was not entered: ${said}`))),
    ]);
    const children = await readFile(`/proc/${first.pid}/task/${first.pid}/children`, 'utf8');
    this.#pid = Number(children.trim().split(' ')[0]);
  }

  /** User-mode TCP/IP with a DNS server at 10.0.2.3: the machine's own network is not touched. */
  async #connect(): Promise<void> {
    const words = [
      '--pdeathsig',
      'KILL',
      'slirp4netns',
      '--configure',
      '--mtu=65520',
      '--disable-host-loopback',
      '--ready-fd=1',
    ];
    const slirp = spawn('setpriv', [...words, String(this.#pid), 'eth0'], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#slirp = slirp;
    await Promise.race([
      once(slirp.stdout, 'data'),
      once(slirp, 'exit').then(() => Promise.reject(new Error('slirp4netns did not start'))),
    ]);
  }

  /** A command line for a shell in there, in the checkout. What it says is shown as it comes, with the seconds since the start. */
  run(line: string, { limitMs = LIMIT_MS, quietly = false } = {}): Promise<Said> {
    const { label, umask } = this.#options;
    const startedMs = Date.now();
    const tell = (text: string) =>
      quietly || process.stderr.write(`[${label} ${Math.round((Date.now() - startedMs) / 1000)} s] ${text}\n`);
    tell(`$ ${line}`);
    const words = ['--target', String(this.#pid), '--mount', '--pid', '--net', '--root', '--wd'];
    const script = `umask ${umask}; cd ${CHECKOUT} && ${line}`;
    const child = spawn('nsenter', [...words, '--', 'sh', '-c', script], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Promise((resolve, reject) => {
      const said = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const) {
        let rest = '';
        child[name].setEncoding('utf8').on('data', (chunk: string) => {
          said[name] += chunk;
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          if (name === 'stderr') for (const each of lines) tell(each);
        });
      }
      const limit = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`${line} did not end within ${limitMs / 1000} s; it said:\n${said.stdout}${said.stderr}`));
      }, limitMs);
      child.once('close', (code) => {
        clearTimeout(limit);
        tell(`ended with ${code}`);
        resolve({ exitCode: code ?? -1, ...said });
      });
    });
  }

  /** Waits until nothing is in there that a host which was never used would not have; fails with what is left. */
  async expectNothingLeft(): Promise<void> {
    let left: string[] = [];
    await eventually(
      'nothing is left',
      async () => {
        left = (await this.run(LEFTOVERS, { quietly: true })).stdout.split('\n').filter((line) => line.trim() !== '');
        return left.length === 0;
      },
      15_000,
    ).catch(() => Promise.reject(new Error(`left behind:\n${left.join('\n')}`)));
  }

  async close(): Promise<void> {
    this.#slirp?.kill('SIGKILL');
    const first = this.#first;
    if (first !== null && first.exitCode === null && first.signalCode === null) {
      const ended = once(first, 'exit');
      // The first process of a PID namespace takes all others of it along.
      if (this.#pid > 1) process.kill(this.#pid, 'SIGKILL');
      else first.kill('SIGKILL');
      await ended;
    }
    this.#wayOut?.close();
    await this.namespaces.close();
    await eventually(
      'nothing is mounted there',
      async () => !(await readFile('/proc/self/mounts', 'utf8')).includes(this.#root),
    );
    await rm(this.#root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** A run that was killed in the middle took its processes and mounts along, not its files nor the names of its namespaces. */
async function removeOrphans(label: string): Promise<void> {
  const pids = (await readdir(dirname(ROOTS)))
    .map((name) => new RegExp(`^${basename(ROOTS)}(\\d+)-`).exec(name)?.[1])
    .filter((pid) => pid !== undefined);
  for (const pid of pids) {
    if (await pathExists(`/proc/${pid}`)) continue;
    for (const name of ['host', 'outside']) {
      await exec('ip', ['netns', 'delete', `${label}${Number(pid).toString(36)}-${name}`], { okExitCodes: [0, 1] });
    }
    await exec('find', [
      dirname(ROOTS),
      '-maxdepth',
      '1',
      '-name',
      `${basename(ROOTS)}${pid}-*`,
      '-exec',
      'rm',
      '-rf',
      '{}',
      '+',
    ]);
  }
}
