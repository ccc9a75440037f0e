import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, link, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { connectSocket, createApiClient } from '../../src/api/client.ts';
import { routes } from '../../src/api/routes.ts';
import { exec } from '../../src/host/exec.ts';
import { pathExists } from '../../src/host/files.ts';
import type { GuestDetail } from '../../src/model/guest-view.ts';
import { type Layout, layoutOf } from '../../src/model/layout.ts';
import { imageInfo } from '../../src/qemu/images.ts';
import { openStore } from '../../src/store/store.ts';
import { Namespaces } from './netns.ts';

const LODGE = join(import.meta.dirname, '../../lodge');

export interface CliResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/**
 * The real Lodge in a root and a network namespace of its own: `./lodge` as a user runs it. `close` ends the guests
 * and the daemon and says what was left behind.
 */
export class LodgeInstance {
  readonly root: string;
  readonly layout: Layout;
  readonly namespaces: Namespaces;
  readonly #program: string;

  private constructor(root: string, namespaces: Namespaces, program: string) {
    this.#program = program;
    this.root = root;
    this.layout = layoutOf(root);
    this.namespaces = namespaces;
  }

  /** Short names: socket paths have 107 bytes. The program is the checkout's `./lodge` where none is given. */
  static async open(label: string, program: string = LODGE): Promise<LodgeInstance> {
    const root = await mkdtemp(`/tmp/${label}-`);
    await exec('chmod', ['0755', root]);
    const namespaces = new Namespaces(label);
    await namespaces.add('host');
    return new LodgeInstance(root, namespaces, program);
  }

  /** Gives the instance an image without building it: the file is linked in and written into the store. */
  async addImage(name: string, file: string, identity: 'credentials' | 'nocloud' | 'none'): Promise<void> {
    await mkdir(this.layout.imagesDir, { recursive: true });
    const path = `${this.layout.imagesDir}/${name}.qcow2`;
    await link(file, path).catch(() => copyFile(file, path));
    const { virtualSizeBytes } = await imageInfo(path, 'qcow2');
    const store = openStore(this.layout.database);
    const firmwares: ('bios' | 'uefi')[] = ['bios', 'uefi'];
    store.images.put({
      name,
      path,
      format: 'qcow2',
      virtualSizeBytes,
      storedBytes: 0,
      origin: 'test',
      sha256: '',
      identity,
      firmwares,
      createdAtMs: 0,
    });
    store.close();
  }

  /** Runs `lodge ARGS` to its end. `env` reaches a daemon that this command starts. */
  run(
    args: string[],
    env: Record<string, string> = {},
    options: { input?: string; timeoutMs?: number } = {},
  ): Promise<CliResult> {
    return new Promise((resolve, reject) => {
      const child = this.spawn(args, env);
      let stdout = '';
      let stderr = '';
      child.stdout?.on('data', (data) => {
        stdout += data;
      });
      child.stderr?.on('data', (data) => {
        stderr += data;
      });
      // It may have ended before it read that: how it ended is looked at, not whether it read.
      child.stdin?.on('error', () => {}).end(options.input ?? '');
      const limit = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`lodge ${args.join(' ')} did not end; it said:\n${stdout}${stderr}`));
      }, options.timeoutMs ?? 300_000);
      child.on('close', (code) => {
        clearTimeout(limit);
        resolve({ exitCode: code ?? -1, stdout, stderr });
      });
    });
  }

  /** The same, begun and not waited for. */
  spawn(args: string[], env: Record<string, string> = {}): ChildProcess {
    return spawn('ip', ['netns', 'exec', this.namespaces.nameOf('host'), this.#program, ...args], {
      // On PATH, as after an installation: texts say `lodge` then, and not the path of this checkout.
      env: {
        ...process.env,
        PATH: `${dirname(this.#program)}:${process.env.PATH}`,
        LODGE_ROOT: this.root,
        NO_COLOR: '1',
        ...env,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  /** `lodge ARGS` as a line for a shell. */
  shellLine(args: string[]): string {
    return `ip netns exec ${this.namespaces.nameOf('host')} env LODGE_ROOT=${this.root} ${LODGE} ${args.join(' ')}`;
  }

  /** The answer of a command with `--json`; fails with what it said when it did not exit 0. */
  async json<T>(args: string[], env: Record<string, string> = {}): Promise<T> {
    const { exitCode, stdout, stderr } = await this.run([...args, '--json'], env);
    if (exitCode !== 0) throw new Error(`lodge ${args.join(' ')} exited with ${exitCode}: ${stdout}${stderr}`);
    return JSON.parse(stdout) as T;
  }

  show(name: string): Promise<GuestDetail> {
    return this.json(['show', name]);
  }

  /** The daemon's process, null when none holds the socket. */
  async daemonPid(): Promise<number | null> {
    // A socket has no network namespace: asked from here it takes milliseconds, by a process of the command line half a second.
    const api = createApiClient(() => connectSocket(this.layout.daemonSocket));
    return api.request<{ pid: number }>('GET', routes.daemon).then(
      ({ pid }) => pid,
      () => null,
    );
  }

  /** What is in the namespace and under the root that belongs to guests: empty when nothing of them is left. */
  async leftovers(): Promise<string[]> {
    const host = 'host';
    const links = (await this.namespaces.run(host, 'ip', ['-o', 'link', 'show'])).stdout;
    const tables = (await this.namespaces.run(host, 'nft', ['list', 'tables'])).stdout;
    const routes = (await this.namespaces.run(host, 'ip', ['route', 'show', 'table', 'main'])).stdout;
    const forwarding = (await this.namespaces.run(host, 'cat', ['/proc/sys/net/ipv4/ip_forward'])).stdout.trim();
    const processes = await this.#processes();
    return [
      ...links.split('\n').filter((line) => /: lg/.test(line)),
      ...tables.split('\n').filter((line) => line !== ''),
      ...routes.split('\n').filter((line) => line !== ''),
      ...(forwarding === '0' ? [] : [`ip_forward is ${forwarding}`]),
      ...processes,
      ...(await listDirectory(`${this.layout.stateDir}/guests`)),
      ...(await listDirectory(`${this.layout.runDir}/guests`)),
      ...(await listDirectory(this.layout.imagesDir)).filter((file) => file.includes('.work-')),
    ];
  }

  async close(): Promise<void> {
    await this.run(['daemon', 'stop']).catch(() => {});
    await this.namespaces.close();
    await rm(this.root, { recursive: true, force: true });
  }

  /** Every process in the namespace but the daemon. */
  async #processes(): Promise<string[]> {
    const daemon = await this.daemonPid();
    const found: string[] = [];
    for (const pid of await this.namespaces.pids('host')) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (pid !== daemon && command !== '') found.push(`process ${pid}: ${command.replaceAll('\0', ' ').slice(0, 80)}`);
    }
    return found;
  }
}

async function listDirectory(path: string): Promise<string[]> {
  if (!(await pathExists(path))) return [];
  return (await readdir(path)).map((name) => `${path}/${name}`);
}
