import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type ApiClient, connectSocket, createApiClient } from '../../src/api/client.ts';
import { routes } from '../../src/api/routes.ts';
import type { ApplyBegun, ApplyPlan, DaemonStatus, NetworkStatus, Operation } from '../../src/api/types.ts';
import { digestFacts, observeNetwork } from '../../src/engine/network/observe.ts';
import type { HostConfig } from '../../src/model/host-config.ts';
import type { NetworkChange } from '../../src/model/network-change.ts';
import type { FileChange, NetworkPlan, NetworkStep, Proof } from '../../src/model/network-plan.ts';
import { isOperationOver } from '../../src/model/operation.ts';
import type { NewNetworkPlan } from '../../src/store/network-plans.ts';
import { openStore } from '../../src/store/store.ts';
import { isAlive } from './fault-world.ts';
import { LodgeInstance } from './lodge-instance.ts';
import { eventually, type Namespaces } from './netns.ts';
import { GATEWAY_IPV4, HOST_IPV4, HOST_IPV6, UPLINK_MAC } from './network-changes.ts';

/** Somebody on the internet, per family. */
export const OUTSIDE = ['203.0.113.53', '2001:db8:ffff::53'];
export const INTERFACES = '/etc/network/interfaces';
export const FILE_BEFORE = `auto eth0
iface eth0 inet static
    address 192.0.2.200/26
    gateway 192.0.2.193
iface eth0 inet6 static
    address 2001:db8:1:2::2/64
    gateway fe80::1
`;
export const FILE_AFTER = `iface eth0 inet manual

auto br0
iface br0 inet static
    address 192.0.2.200/32
    pointopoint 192.0.2.193
    gateway 192.0.2.193
    bridge_ports eth0
    bridge_stp off
    bridge_fd 0
    bridge_maxwait 0
    bridge_hw ${UPLINK_MAC}
iface br0 inet6 static
    address 2001:db8:1:2::2/64
    gateway fe80::1
`;

const HOST = {
  version: 1,
  provider: 'generic',
  uplink: { name: 'eth0', mac: UPLINK_MAC },
  ipv4: { address: HOST_IPV4, prefixLength: 26, gateway: GATEWAY_IPV4 },
  ipv6: { prefix: '2001:db8:1:2::/64', address: HOST_IPV6, gateway: 'fe80::1', mode: 'routed' },
  extraIpv4: [],
} as unknown as HostConfig;

/** A Lodge whose host has an uplink to a router, with an internet behind it. */
export class ApplyWorld {
  readonly lodge: LodgeInstance;
  readonly api: ApiClient;
  /** The router is not the daemon's business: namespaces of its own. */
  readonly #outside: Namespaces;

  private constructor(lodge: LodgeInstance, outside: Namespaces) {
    this.lodge = lodge;
    this.#outside = outside;
    this.api = createApiClient(() => connectSocket(lodge.layout.daemonSocket));
  }

  static async open(label: string): Promise<ApplyWorld> {
    const lodge = await LodgeInstance.open(label);
    const { namespaces } = lodge;
    await namespaces.add('router');
    await namespaces.connect('host', 'eth0', 'router', 'up0');
    await namespaces.ip('host', [
      'link set eth0 down',
      `link set eth0 address ${UPLINK_MAC}`,
      'link set eth0 up',
      `address add ${HOST_IPV4}/26 dev eth0`,
      `address add ${HOST_IPV6}/64 dev eth0 nodad`,
      `route add default via ${GATEWAY_IPV4} dev eth0`,
    ]);
    await namespaces.run('host', 'ip', ['-6', 'route', 'add', 'default', 'via', 'fe80::1', 'dev', 'eth0']);
    await namespaces.ip('router', [
      `address add ${GATEWAY_IPV4}/26 dev up0`,
      'address add fe80::1/64 dev up0 nodad',
      `address add ${OUTSIDE[0]}/32 dev lo`,
      `address add ${OUTSIDE[1]}/128 dev lo`,
    ]);
    await namespaces.run('router', 'ip', ['-6', 'route', 'add', '2001:db8:1:2::/64', 'dev', 'up0']);
    const world = new ApplyWorld(lodge, namespaces);
    await world.writeFile(INTERFACES, FILE_BEFORE);
    return world;
  }

  /** Below the instance's root. */
  async writeFile(path: string, text: string): Promise<void> {
    await mkdir(dirname(`${this.lodge.root}${path}`), { recursive: true });
    await writeFile(`${this.lodge.root}${path}`, text);
  }

  file(path: string): Promise<string | null> {
    return readFile(`${this.lodge.root}${path}`, 'utf8').catch(() => null);
  }

  /** Keeps a plan with a green proof, made for the host as it is now. */
  async addPlan(
    changes: NetworkChange[],
    options: Partial<NewNetworkPlan> & { isProven?: boolean } = {},
  ): Promise<NetworkPlan> {
    const { isProven = true, ...given } = options;
    const store = openStore(this.lodge.layout.database);
    try {
      const plan = store.networkPlans.insert({
        parent: store.networkPlans.current()?.number ?? null,
        createdAtMs: Date.now(),
        layout: 'bridged',
        owner: 'ifupdown',
        host: HOST,
        factsDigest: await this.digest(),
        steps: changes.map(toStep),
        files: [],
        atBoot: { early: [], late: [] },
        findings: [],
        ...given,
      });
      if (isProven) store.networkPlans.setProof(plan.number, greenProof(plan));
      return plan;
    } finally {
      store.close();
    }
  }

  async digest(): Promise<string> {
    const namespace = this.lodge.namespaces.nameOf('host');
    return digestFacts(await observeNetwork({ root: this.lodge.root, namespace }));
  }

  /** A daemon that breaks at these points; one that runs is killed first. */
  async daemon(fault = ''): Promise<void> {
    await this.killDaemon();
    const { exitCode, stderr } = await this.lodge.run(['daemon', 'start'], { LODGE_FAULT: fault });
    assert.equal(exitCode, 0, stderr);
  }

  async killDaemon(): Promise<void> {
    const pid = await this.lodge.daemonPid();
    if (pid === null) return;
    process.kill(pid, 'SIGKILL');
    await eventually('the daemon is gone', async () => !(await isAlive(pid)));
  }

  /** Read from the database: there may be no daemon. */
  newestOperation(): string {
    const store = openStore(this.lodge.layout.database);
    try {
      return store.operations.latest(1)[0]?.id ?? '';
    } finally {
      store.close();
    }
  }

  async daemonDies(): Promise<void> {
    await eventually('the daemon dies', async () => (await this.lodge.daemonPid()) === null, 60_000);
  }

  apply(number: number, request: ApplyPlan = {}): Promise<ApplyBegun> {
    return this.api.request('POST', routes.networkApply(number), { targets: OUTSIDE, ...request });
  }

  confirm(token: string, connection: string | null = null): Promise<NetworkStatus> {
    return this.api.request('POST', routes.networkConfirm, { token, connection });
  }

  status(): Promise<NetworkStatus> {
    return this.api.request('GET', routes.networkStatus);
  }

  pid(): Promise<number> {
    return this.api.request<DaemonStatus>('GET', routes.daemon).then(({ pid }) => pid);
  }

  operation(id: string): Promise<Operation> {
    return this.api.request('GET', routes.operation(id));
  }

  /** Until the owner is asked, or the operation is over. */
  waiting(id: string): Promise<Operation> {
    return eventually(
      'the owner is asked',
      async () => {
        const operation = await this.operation(id);
        const step = operation.steps.find((one) => one.id === 'await-confirmation');
        return step?.state === 'running' || isOperationOver(operation.state) ? operation : null;
      },
      60_000,
    );
  }

  over(id: string): Promise<Operation> {
    return eventually(
      'the operation is over',
      async () => {
        const operation = await this.operation(id).catch(() => null);
        return operation !== null && isOperationOver(operation.state) ? operation : null;
      },
      60_000,
    );
  }

  /** Everything of the host's network, as text to be compared byte by byte. */
  async snapshot(): Promise<string> {
    const { namespaces } = this.lodge;
    const read = async (program: string, args: string[]) => (await namespaces.run('host', program, args)).stdout;
    const parts = await Promise.all([
      read('ip', ['-j', '-d', 'link', 'show']),
      read('ip', ['-j', '-d', 'address', 'show']),
      read('ip', ['-j', '-4', 'route', 'show', 'table', 'all']),
      read('ip', ['-j', '-6', 'route', 'show', 'table', 'all']),
      read('ip', ['-j', 'rule', 'show']),
      read('ip', ['-j', 'neighbour', 'show', 'proxy']),
      read('nft', ['--stateless', 'list', 'ruleset']),
      read('cat', ['/proc/sys/net/ipv4/ip_forward', '/proc/sys/net/ipv6/conf/eth0/proxy_ndp']),
      this.file(INTERFACES),
      stat(`${this.lodge.root}${INTERFACES}`).then(({ mode, uid }) => `${mode} ${uid}`),
    ]);
    return parts.join('\n');
  }

  /** Whether the router gets an answer from the host, per family: a refused connection is one. */
  async reaches(address: string): Promise<boolean> {
    const script =
      'const s=require("net").connect({host:process.argv[1],port:9,timeout:2000});s.on("error",(e)=>process.exit(e.code==="ECONNREFUSED"?0:1));s.on("timeout",()=>process.exit(1))';
    const { exitCode } = await this.#outside.run('router', process.execPath, ['-e', script, address], {
      okExitCodes: [0, 1],
    });
    return exitCode === 0;
  }

  async close(): Promise<void> {
    await this.lodge.close();
  }
}

function toStep(change: NetworkChange, index: number): NetworkStep {
  return {
    id: `s${index}-${change.kind}`,
    title: `step ${index}: ${change.kind}`,
    why: 'a test',
    change,
    timeoutMs: 10_000,
  };
}

function greenProof({ number, factsDigest }: NetworkPlan): Proof {
  const made = { madeAtMs: Date.now(), durationMs: 1, runs: [], assumptions: [], limits: [] };
  return { plan: number, factsDigest, isGreen: true, ...made };
}

export const BRIDGED_FILES: FileChange[] = [
  { path: INTERFACES, before: FILE_BEFORE, after: FILE_AFTER, mode: 0o644, why: 'a test' },
  { path: '/etc/network/interfaces.d/lodge', before: null, after: '# by Lodge\n', mode: 0o600, why: 'a test' },
];
