import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { type ApiClient, connectSocket, createApiClient } from '../../src/api/client.ts';
import { routes } from '../../src/api/routes.ts';
import type { DaemonStatus, GuestDetail, GuestRow, Operation } from '../../src/api/types.ts';
import { exec } from '../../src/host/exec.ts';
import type { GuestPhase } from '../../src/model/guest.ts';
import { isOperationOver } from '../../src/model/operation.ts';
import { type CliResult, LodgeInstance } from './lodge-instance.ts';
import { withoutMoving } from './nat-snapshot.ts';
import { eventually } from './netns.ts';

/** A guest without a system: its QEMU runs within half a second, and nobody waits for SSH. */
export const BLANK = ['--image', 'none', '--disk', '64MiB', '--memory', '64MiB'];

/** A noisy machine takes its time: only what hangs is longer under way than this. */
const PATIENCE_MS = 120_000;

/** An instance whose daemons are made to break, beside a guest that must not notice anything of it. */
export class FaultWorld {
  readonly lodge: LodgeInstance;
  /** Answers in milliseconds where a process of the command line takes half a second. Starts no daemon. */
  readonly api: ApiClient;
  #atRest: string[] = [];
  #fault = '';

  private constructor(lodge: LodgeInstance) {
    this.lodge = lodge;
    this.api = createApiClient(() => connectSocket(lodge.layout.daemonSocket));
  }

  /** With the guest `neighbour`, and with the images `seeded` (NoCloud) and `credited` (credentials) of a few kilobytes. */
  static async open(label: string): Promise<FaultWorld> {
    const world = new FaultWorld(await LodgeInstance.open(label));
    const { lodge } = world;
    const disk = `${lodge.root}/tiny.qcow2`;
    await exec('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '1M']);
    await exec('mkdir', ['-p', lodge.layout.stateDir]);
    await lodge.addImage('seeded', disk, 'nocloud');
    await lodge.addImage('credited', disk, 'credentials');
    await world.succeed(['create', 'neighbour', ...BLANK, '--publish', '8080:80']);
    await world.rest();
    return world;
  }

  /** Takes what is there now as what has to be there after each case. */
  async rest(): Promise<void> {
    this.#atRest = await this.everything();
  }

  /** The daemon breaks at these points; '' breaks nowhere. One that does not is ended and another one started. */
  async daemon(fault: string, env: Record<string, string> = {}): Promise<void> {
    const isSame = this.#fault === fault && Object.keys(env).length === 0;
    if (isSame && (await this.status().catch(() => null)) !== null) return;
    await this.killDaemon();
    await this.succeed(['daemon', 'start'], { LODGE_FAULT: fault, ...env });
    this.#fault = fault;
  }

  async killDaemon(): Promise<void> {
    this.#fault = '';
    const status = await this.status().catch(() => null);
    if (status === null) return;
    process.kill(status.pid, 'SIGKILL');
    await this.untilGone(status.pid);
  }

  untilGone(pid: number): Promise<boolean> {
    return eventually(`process ${pid} ends`, async () => !(await isAlive(pid)), PATIENCE_MS);
  }

  status(): Promise<DaemonStatus> {
    return this.api.request('GET', routes.daemon);
  }

  guest(name: string): Promise<GuestDetail> {
    return this.api.request('GET', routes.guest(name));
  }

  async guestNames(): Promise<string[]> {
    return (await this.api.request<GuestRow[]>('GET', routes.guests)).map(({ name }) => name);
  }

  operations(): Promise<Operation[]> {
    return this.api.request('GET', routes.operations);
  }

  /** Asks for something and waits for its end. */
  async ask(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<Operation> {
    const { id } = await this.api.request<Operation>(method, path, body);
    for await (const now of this.api.values<Operation>(routes.operationWatch(id))) {
      if (isOperationOver(now.state)) return now;
    }
    throw new Error(`operation ${id} has no end`);
  }

  /** Runs a command that has to end well. */
  async succeed(args: string[], env: Record<string, string> = {}): Promise<CliResult> {
    const result = await this.lodge.run(args, env);
    assert.equal(result.exitCode, 0, `lodge ${args.join(' ')}: ${result.stdout}${result.stderr}`);
    return result;
  }

  /**
   * Runs a command whose daemon dies under it: the command comes back to the work by starting the next daemon (exit code
   * of the work's own end), or says that it lost the daemon (5), and then `ls` starts the next one. That one breaks at
   * `nextFault`. Gives the operation when it is over.
   */
  async runToItsDaemonsDeath(args: string[], nextFault: string): Promise<CliResult & { operation: Operation }> {
    const { pid } = await this.status();
    const env = { LODGE_FAULT: nextFault };
    const result = await this.lodge.run(args, env);
    await this.untilGone(pid);
    if (result.exitCode === 5) {
      assert.match(
        result.stderr,
        /the daemon broke the connection off.*\n *hint: LODGE_ROOT=\S+ lodge operation (?:ls|wait)/,
      );
      await this.succeed(['ls'], env);
    }
    this.#fault = nextFault;
    return { ...result, operation: await this.idle() };
  }

  /** Waits until no operation is under way, and gives the last one. */
  idle(): Promise<Operation> {
    return eventually(
      'all operations are over',
      async () => {
        const operations = await this.operations();
        return operations.every(({ state }) => isOperationOver(state)) ? operations[0] : null;
      },
      PATIENCE_MS,
    );
  }

  /** The guest runs, in one QEMU and on one tap. */
  async assertRuns(name: string, wanted: GuestPhase = 'running'): Promise<void> {
    const { phase, pid, spec } = await this.guest(name);
    assert.equal(phase, wanted);
    assert.deepEqual(await this.qemuPids(spec.uuid), [pid]);
    const links = (await this.lodge.namespaces.run('host', 'ip', ['-o', 'link'])).stdout;
    assert.ok(links.includes(` ${spec.nic.tap}: `), `${spec.nic.tap} is not there`);
    assert.ok((await this.#rules()).join('\n').includes(spec.nic.tap), `no rules for ${spec.nic.tap}`);
  }

  /** Everything is as it was at `rest`: processes, taps and rules of the others, and nothing else. */
  async assertAtRest(): Promise<void> {
    // The daemon looks after its rules in the background: a passing nft is nobody's leftover.
    const isAtRest = async () => isDeepStrictEqual(await this.everything(), this.#atRest);
    if (await eventually('at rest', isAtRest).catch(() => false)) return;
    assert.deepEqual(await this.everything(), this.#atRest);
  }

  /** The guest's own files stay, and nothing else of it. */
  async assertStopped(name: string): Promise<void> {
    const { phase, spec } = await this.guest(name);
    assert.equal(phase, 'stopped');
    assert.deepEqual(await this.traces(spec), [`${this.lodge.layout.stateDir}/guests/${name}`]);
  }

  /** What is there of a guest: processes, links, routes, rules, directories. */
  async traces({ name, uuid, nic }: GuestDetail['spec']): Promise<string[]> {
    const marks = [nic.tap, nic.mac, uuid, `/guests/${name}`, ...[nic.ipv4, nic.ipv6].filter((one) => one !== null)];
    const isOurs = (line: string) => marks.some((mark) => new RegExp(`${mark}(?![0-9a-f:-])`).test(line));
    return (await this.everything()).filter(isOurs);
  }

  /** Processes, links, routes, directories, and the whole ruleset without its counters. */
  async everything(): Promise<string[]> {
    return [...(await this.lodge.leftovers()), ...(await this.guestNames()), ...(await this.#rules())].sort();
  }

  async qemuPids(uuid: string): Promise<number[]> {
    const found: number[] = [];
    for (const pid of await this.lodge.namespaces.pids('host')) {
      const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
      if (words[words.indexOf('-uuid') + 1] === uuid) found.push(pid);
    }
    return found;
  }

  /** Removes every guest, sees that nothing at all is left, and closes. */
  async close(): Promise<void> {
    try {
      const names = await this.guestNames();
      if (names.length > 0) await this.succeed(['rm', ...names, '--yes']);
      assert.deepEqual(await this.lodge.leftovers(), []);
    } finally {
      await this.lodge.close();
    }
  }

  async #rules(): Promise<string[]> {
    const { stdout } = await this.lodge.namespaces.run('host', 'nft', ['list', 'ruleset']);
    return withoutMoving(stdout).split('\n');
  }
}

export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat !== null && !/\) [ZX] /.test(stat);
}
