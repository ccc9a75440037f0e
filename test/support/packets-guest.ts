import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DoctorCheck, DoctorReport } from '../../src/model/doctor.ts';
import type { NatNetwork } from '../../src/model/guest-network.ts';
import type { HopReport } from '../../src/model/packet-report.ts';
import { openStore } from '../../src/store/store.ts';
import type { LodgeInstance } from './lodge-instance.ts';
import { HOST, INTERNET } from './nat-twin.ts';
import { eventually } from './netns.ts';

export const REAL_PORT = 8080;
const SETTLED_MS = 180_000;
/** A busy machine's agent may be silent for a while. */
const AGENT_LIMIT_MS = 120_000;

/** What a guest under QEMU gets, by hop and family: `out ipv4`. */
export type Gets = ReadonlyMap<string, boolean>;

/** Measures with the guest's own kernel, by its agent: the network that is measured carries none of it. */
async function measureGuest(lodge: LodgeInstance, name: string): Promise<Gets> {
  const { spec } = await lodge.show(name);
  // What both learned of each other before the rules came, so that it counts no more.
  await execInGuest(lodge, name, ['ip', 'neighbour', 'flush', 'all']);
  await lodge.namespaces.run('host', 'ip', ['neighbour', 'flush', 'all']);
  const network = networkOf(lodge);
  const script = await readFile(join(import.meta.dirname, 'packets-guest.pl'), 'utf8');
  const args = [network.ipv4Gateway, network.ipv6Dns, INTERNET.ipv4, INTERNET.ipv6, spec.nic.mac];
  const inGuest = async (): Promise<[string, boolean][]> => {
    const said = await execInGuest(lodge, name, ['perl', '-', ...args], script);
    return said
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, -2), line.endsWith(' 1')]);
  };
  const greets = async (
    hop: string,
    space: string,
    address: string | null,
    port: number,
  ): Promise<[string, boolean]> => [hop, await isGreeted(lodge, space, address, port)];
  const outside = [
    greets('ssh-from-host ipv4', 'host', spec.nic.ipv4, 22),
    greets('ssh-from-host ipv6', 'host', spec.nic.ipv6, 22),
    greets('in ipv4', 'internet', HOST.ipv4, REAL_PORT),
    greets('in ipv6', 'internet', HOST.ipv6, REAL_PORT),
  ];
  const [within, ...others] = await Promise.all([inGuest(), ...outside]);
  return new Map([...within, ...others]);
}

async function execInGuest(lodge: LodgeInstance, name: string, command: string[], input = ''): Promise<string> {
  return eventually(
    `${command[0]} in ${name}`,
    async () => {
      const { exitCode, stdout, stderr } = await lodge.run(['exec', name, '--', ...command], {}, { input });
      if (exitCode === 0) return { stdout };
      if (!stderr.includes('guest agent')) throw new Error(`${command[0]} in ${name}: ${stdout}${stderr}`);
      return null;
    },
    AGENT_LIMIT_MS,
  ).then((done) => done.stdout);
}

function networkOf(lodge: LodgeInstance): NatNetwork {
  const store = openStore(lodge.layout.database);
  try {
    return store.settings.get('natNetwork') as NatNetwork;
  } finally {
    store.close();
  }
}

/** The guest's own SSH server says who it is. */
async function isGreeted(lodge: LodgeInstance, space: string, address: string | null, port: number): Promise<boolean> {
  if (address === null) return false;
  const host = address.includes(':') ? `[${address}]` : address;
  const words = ['--kill-after=1', '8', 'socat', '-u', `TCP:${host}:${port},connect-timeout=5`, '-'];
  const greeting = lodge.namespaces.start(space, 'timeout', words);
  let said = '';
  greeting.stdout?.on('data', (data) => {
    said += data;
    greeting.kill();
  });
  await new Promise((resolve) => greeting.once('close', resolve));
  return said.startsWith('SSH-2.0');
}

/** What `lodge doctor` says of packets, as a user gets it. */
export async function askDoctor(
  lodge: LodgeInstance,
): Promise<DoctorCheck & { hops: HopReport[]; commands: string[] }> {
  const { stdout, stderr } = await lodge.run(['doctor', '--json']);
  const { checks } = JSON.parse(stdout) as DoctorReport;
  const check = checks.find(({ id }) => id === 'guest-packets');
  if (check?.packets === undefined)
    throw new Error(`doctor tried no packets: ${check?.summary} ${check?.detail}${stderr}`);
  const { hops, fixes } = check.packets;
  return { ...check, hops, commands: fixes.flatMap(({ now }) => now) };
}

/** Rows in which the two are not of one mind. */
export function differences(hops: readonly HopReport[], gets: Gets): string[] {
  return [...gets].flatMap(([row, passes]) => {
    const said = hops.filter(({ hop, family }) => `${hop} ${family}` === row);
    const shallPass = said.length > 0 && said.every(({ outcome }) => outcome === 'passed');
    const words = JSON.stringify(said.map(({ outcome, reason, stop }) => ({ outcome, reason, stop })));
    return shallPass === passes ? [] : [`${row}: doctor says ${words}, the guest ${passes ? 'passes' : 'is stopped'}`];
  });
}

/**
 * What the guest gets once it has had time. What shall pass may take its time on a busy machine. What shall not may pass for a while:
 * dnsmasq advertises by itself for a minute after each change of its lists, which a trial makes too, and who hears that knows the gateway
 * for some seconds without having asked. What differs for minutes is a difference.
 */
export async function measureAgainst(lodge: LodgeInstance, name: string, hops: readonly HopReport[]): Promise<Gets> {
  const untilMs = Date.now() + SETTLED_MS;
  for (;;) {
    const gets = await measureGuest(lodge, name);
    if (differences(hops, gets).length === 0 || Date.now() > untilMs) return gets;
  }
}
