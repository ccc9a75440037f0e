import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { type ExecOptions, type ExecResult, exec } from '../../src/host/exec.ts';

/** Network namespaces of one test, their processes and their resolv.conf: gone with `close`. */
export class Namespaces {
  readonly prefix: string;
  readonly #names: string[] = [];
  readonly #children: ChildProcess[] = [];

  /** The prefix keeps tests apart that run on one machine. */
  constructor(label: string) {
    this.prefix = `${label}${process.pid.toString(36)}`;
  }

  /** The name `ip netns` knows it by. */
  nameOf(name: string): string {
    return `${this.prefix}-${name}`;
  }

  /** Makes a namespace with loopback up and no waiting for duplicate addresses. */
  async add(name: string, options: { nameserver?: string } = {}): Promise<void> {
    const full = this.nameOf(name);
    if (options.nameserver !== undefined) {
      await mkdir(`/etc/netns/${full}`, { recursive: true });
      await writeFile(`/etc/netns/${full}/resolv.conf`, `nameserver ${options.nameserver}\n`);
    }
    await exec('ip', ['netns', 'add', full]);
    this.#names.push(full);
    await this.run(name, 'ip', ['link', 'set', 'lo', 'up']);
    await this.sysctl(name, 'net.ipv6.conf.default.accept_dad', '0');
  }

  async sysctl(name: string, key: string, value: string): Promise<void> {
    await this.run(name, 'sysctl', ['-qw', `${key}=${value}`]);
  }

  run(name: string, program: string, args: string[], options: ExecOptions = {}): Promise<ExecResult> {
    return exec('ip', ['netns', 'exec', this.nameOf(name), program, ...args], options);
  }

  /** Lines for `ip -batch`, in that namespace. */
  async ip(name: string, lines: string[]): Promise<void> {
    await this.run(name, 'ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
  }

  async nft(name: string, text: string): Promise<void> {
    await this.run(name, 'nft', ['-f', '-'], { input: text });
  }

  /** A process that runs until `close`, or until the test ends it. */
  start(name: string, program: string, args: string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.nameOf(name), program, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#children.push(child);
    return child;
  }

  /** A veth pair: `a` in namespace `left`, `b` in namespace `right`, both up. */
  async connect(left: string, a: string, right: string, b: string): Promise<void> {
    const ends = [`link add ${a} netns ${this.nameOf(left)} type veth peer name ${b} netns ${this.nameOf(right)}`];
    await exec('ip', ['-batch', '-'], { input: `${ends.join('\n')}\n` });
    await this.ip(left, [`link set ${a} up`]);
    await this.ip(right, [`link set ${b} up`]);
  }

  /** Processes still in a namespace, by their ids. */
  async pids(name: string): Promise<number[]> {
    const { stdout } = await exec('ip', ['netns', 'pids', this.nameOf(name)]);
    return stdout.split('\n').filter(Boolean).map(Number);
  }

  /** Ends every process in a namespace. */
  async endAll(name: string): Promise<void> {
    for (const pid of await this.pids(name)) endProcess(pid);
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const full of this.#names.toReversed()) {
      const { stdout } = await exec('ip', ['netns', 'pids', full], { okExitCodes: [0, 1] });
      for (const pid of stdout.split('\n').filter(Boolean)) endProcess(Number(pid));
      await exec('ip', ['netns', 'delete', full], { okExitCodes: [0, 1] });
      await rm(`/etc/netns/${full}`, { recursive: true, force: true });
    }
  }
}

/** Polls until the answer is truthy and returns it. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T> | T,
  limitMs = 10_000,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
