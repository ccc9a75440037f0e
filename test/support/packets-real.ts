import type { NatNetwork } from '../../src/model/guest-network.ts';
import type { NatGuest } from '../../src/model/nat-guest.ts';
import type { HopReport, PacketHop } from '../../src/model/packet-report.ts';
import { HOST, INTERNET, newGuest, plugGuest } from './nat-twin.ts';
import { eventually, type Namespaces } from './netns.ts';
import type { PacketsAgent } from './packets-world.ts';

export const REAL_PORT = 8080;

/** One attempt of a real program, by hop and family: `out ipv4`. */
type Attempt = { hop: string; space: string; command: string[] };

function attemptsOf(network: NatNetwork, [guest, neighbour]: readonly [NatGuest, NatGuest]): Attempt[] {
  const tcp = (address: string | null, port: number) => [
    'socat',
    '-T4',
    '-',
    `TCP:${bracketed(address)}:${port},connect-timeout=2`,
  ];
  const ofFamily = (family: 'ipv4' | 'ipv6'): Attempt[] => {
    const gateway = family === 'ipv4' ? network.ipv4Gateway : network.ipv6Dns;
    const pinged = family === 'ipv4' ? gateway : `${network.ipv6Gateway}%eth0`;
    const lookup = ['busybox', 'nslookup', '-type=a', 'web2.lodge', gateway];
    const connect = ['socat', '-u', 'OPEN:/dev/null', `TCP:${bracketed(gateway)}:53,connect-timeout=2`];
    const of = (hop: PacketHop, space: string, command: string[]) => ({ hop: `${hop} ${family}`, space, command });
    return [
      of('ping', guest.name, ['ping', '-n', '-c1', '-W2', pinged]),
      of('dns-udp', guest.name, lookup),
      of('dns-tcp', guest.name, connect),
      of('out', guest.name, tcp(INTERNET[family], 7000)),
      of('in', 'internet', tcp(HOST[family], REAL_PORT)),
      of('guest-to-guest', neighbour.name, tcp(guest.nic[family], 80)),
      of('ssh-from-host', 'host', tcp(guest.nic[family], 22)),
    ];
  };
  const lease = ['busybox', 'udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-t2', '-T1', '-s', '/bin/true'];
  return [...ofFamily('ipv4'), ...ofFamily('ipv6'), { hop: 'dhcp ipv4', space: neighbour.name, command: lease }];
}

/**
 * Where the doctor and a real guest are not of one mind, by whole conversations of real programs. What shall pass may take its time
 * on a busy machine; what shall not gets one attempt.
 */
export async function disagreements(
  spaces: Namespaces,
  network: NatNetwork,
  guests: readonly [NatGuest, NatGuest],
  hops: readonly HopReport[],
): Promise<string[]> {
  const found = await Promise.all(
    attemptsOf(network, guests).map(async (attempt) => {
      const said = hops.filter((each) => `${each.hop} ${each.family}` === attempt.hop);
      const shallPass = said.length > 0 && said.every(({ outcome }) => outcome === 'passed');
      const passes = shallPass ? await passesInTheEnd(spaces, attempt) : await passesOnce(spaces, attempt);
      if (passes === shallPass) return [];
      const words = JSON.stringify(said.map(({ outcome, reason, stop }) => ({ outcome, reason, stop })));
      return [`${attempt.hop}: the doctor says ${words}, a real guest ${passes ? 'passes' : 'is stopped'}`];
    }),
  );
  return found.flat();
}

async function passesInTheEnd(spaces: Namespaces, attempt: Attempt): Promise<boolean> {
  return eventually(attempt.hop, () => passesOnce(spaces, attempt), 20_000).catch(() => false);
}

async function passesOnce(spaces: Namespaces, { space, command }: Attempt): Promise<boolean> {
  const { exitCode, stdout } = await spaces.run(space, 'timeout', ['--kill-after=1', '5', ...command], {
    okExitCodes: [0, 1, 124, 137],
    input: 'x\n',
  });
  return exitCode === 0 && (!command.includes('-T4') || stdout.includes('SAID'));
}

/** Two real guests, in namespaces, on the same network; the first has a published port. */
export async function plugReal(
  spaces: Namespaces,
  network: NatNetwork,
  agent: PacketsAgent,
): Promise<[NatGuest, NatGuest]> {
  const publish = { protocol: 'tcp', hostAddress: null, hostPort: REAL_PORT, guestPort: 80 } as const;
  const first = newGuest(network, 1, [], [publish]);
  const both: [NatGuest, NatGuest] = [first, newGuest(network, 2, [first])];
  for (const guest of both) await plugGuest(spaces, network, guest, { isStatic: true });
  await agent.guests(both);
  serveAll(spaces, first.name);
  return both;
}

/** Servers of the real guest and of the internet, each for one word. */
function serveAll(spaces: Namespaces, guest: string): void {
  const serve = (space: string, port: number) => {
    for (const listen of [`TCP4-LISTEN:${port}`, `TCP6-LISTEN:${port},ipv6only=1`]) {
      spaces.start(space, 'socat', [`${listen},reuseaddr,fork`, 'SYSTEM:echo SAID']);
    }
  };
  serve('internet', 7000);
  serve(guest, 80);
  serve(guest, 22);
}

function bracketed(address: string | null): string {
  return address?.includes(':') ? `[${address}]` : `${address}`;
}
