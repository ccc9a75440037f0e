import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type MacAddress, parseMac } from '../../src/base/address.ts';
import { unwrap } from '../../src/base/parsed.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { NatLink, NatLinkInput } from '../../src/engine/nat/link.ts';
import type { PublishedPort } from '../../src/model/guest.ts';
import type { NatNetwork } from '../../src/model/guest-network.ts';
import type { NatGuest } from '../../src/model/nat-guest.ts';
import { allocateNatAddresses, tapName } from '../../src/plan/nat-addresses.ts';
import { chooseNatNetwork } from '../../src/plan/nat-network.ts';
import type { Namespaces } from './netns.ts';

export const HOST = { ipv4: '192.0.2.200', ipv6: '2001:db8:1:2::2' };
export const INTERNET = { ipv4: '192.0.2.193', ipv6: '2001:db8:1:2::1' };

/** One instance of the nat link in the host namespace, driven over a pipe. `kill` ends it as `kill -9` ends a daemon. */
export interface Instance {
  network: NatNetwork;
  directory: string;
  call<M extends keyof NatLink>(method: M, ...args: Parameters<NatLink[M]>): Promise<Awaited<ReturnType<NatLink[M]>>>;
  /** Duration of the last call in ms, measured beside the link. */
  lastMs(): number;
  kill(): void;
}

/** Host and internet: `uplink` in the host, `eth0` in the internet, IPv4 and IPv6, default routes set. */
export async function makeHostAndInternet(spaces: Namespaces): Promise<void> {
  await spaces.add('host', { nameserver: INTERNET.ipv4 });
  await spaces.add('internet');
  await spaces.connect('host', 'uplink', 'internet', 'eth0');
  await spaces.ip('internet', [
    `address add ${INTERNET.ipv4}/24 dev eth0`,
    `address add ${INTERNET.ipv6}/64 dev eth0 nodad`,
  ]);
  await spaces.ip('host', [
    `address add ${HOST.ipv4}/24 dev uplink`,
    `address add ${HOST.ipv6}/64 dev uplink nodad`,
    `route add default via ${INTERNET.ipv4}`,
    `route add ::/0 via ${INTERNET.ipv6}`,
  ]);
}

export async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lodge-nat-'));
  await chmod(directory, 0o755);
  return directory;
}

export function startInstance(
  spaces: Namespaces,
  directory: string,
  network: NatNetwork,
  options: Partial<NatLinkInput> = {},
  { programs = null, around = [] }: { programs?: string | null; around?: readonly string[] } = {},
): Instance {
  const input: NatLinkInput = {
    network,
    stateDir: `${directory}/state`,
    runDir: `${directory}/run`,
    qemuUid: 65_534,
    qemuGid: 65_534,
    ...options,
  };
  const agent = join(import.meta.dirname, 'nat-agent.ts');
  const path = programs === null ? [] : [`PATH=${programs}:${process.env.PATH}`];
  const own = ['env', ...path, process.execPath, agent, JSON.stringify(input)];
  const [program = '', ...words] = [...around, ...own];
  const child = spaces.start('host', program, words);
  if (child.stdout === null || child.stdin === null) throw new Error('the agent has no pipes');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let stderr = '';
  child.stderr?.on('data', (chunk) => (stderr += chunk));
  const stdin = child.stdin;
  let lastMs = 0;
  return {
    network,
    directory,
    async call(method, ...args) {
      stdin.write(`${JSON.stringify({ method, args })}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`the agent ended: ${stderr}`);
      const answer = JSON.parse(value) as { result?: unknown; error?: string; ms: number };
      if (answer.error !== undefined) throw new Error(answer.error);
      lastMs = answer.ms;
      return answer.result as never;
    },
    lastMs: () => lastMs,
    kill: () => child.kill('SIGKILL'),
  };
}

export function newNetwork(root: string, taken: NatNetwork[] = []): NatNetwork {
  return chooseNatNetwork({ root, occupiedIpv4: taken.map((network) => network.ipv4Prefix), random: systemRandom });
}

/** A guest with its number in the MAC: 1 -> 52:54:00:00:00:01. */
export function newGuest(
  network: NatNetwork,
  number: number,
  others: NatGuest[] = [],
  publish: PublishedPort[] = [],
): NatGuest {
  const mac: MacAddress = unwrap(parseMac(`52:54:00:00:${hex(number >> 8)}:${hex(number & 255)}`));
  const uuid = `${number.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
  const taken = others.map(({ nic }) => nic);
  const addresses = allocateNatAddresses({ network, mac, taken, wantIpv4: 'auto', wantIpv6: 'auto', ipv6: 'on' });
  return { name: `web${number}`, nic: { link: 'nat', mac, tap: tapName(network, uuid), ...addresses, publish } };
}

/**
 * A namespace in the place of a guest: a veth stands for the tap, made before the link sees it. Configured as our own
 * images are, when `isStatic`.
 */
export async function plugGuest(
  spaces: Namespaces,
  network: NatNetwork,
  guest: NatGuest,
  options: { isStatic: boolean },
): Promise<void> {
  const { nic, name } = guest;
  await spaces.add(name);
  const host = spaces.nameOf('host');
  await spaces.ip(name, [`link add eth0 address ${nic.mac} type veth peer name ${nic.tap} netns ${host}`]);
  await spaces.ip('host', [`link set ${nic.tap} addrgenmode none`]);
  await spaces.ip(name, ['link set eth0 up']);
  if (options.isStatic) await configureGuest(spaces, network, guest);
}

export async function configureGuest(spaces: Namespaces, network: NatNetwork, { nic, name }: NatGuest): Promise<void> {
  await spaces.ip(name, [
    `address replace ${nic.ipv4}/20 dev eth0`,
    `route replace default via ${network.ipv4Gateway}`,
    `address replace ${nic.ipv6}/128 dev eth0 nodad`,
    `route replace ::/0 via ${network.ipv6Gateway} dev eth0`,
  ]);
}

export async function removeDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
