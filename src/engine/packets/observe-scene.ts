import { type Ipv4Address, type Ipv6Address, ipv4FromNumber, ipv4Range, parseMac } from '../../base/address.ts';
import { LodgeError } from '../../base/errors.ts';
import { type Random, randomMac } from '../../base/random.ts';
import { listDefaultRouteLinks } from '../../host/ip.ts';
import { readAddresses } from '../../host/network-addresses.ts';
import { readLinks } from '../../host/network-links.ts';
import { routeTo } from '../../host/route-to.ts';
import type { GuestNic, PublishedPort } from '../../model/guest.ts';
import type { NatNetwork } from '../../model/guest-network.ts';
import { natTapPrefix } from '../../model/nat-tap-prefix.ts';
import { slaacAddress, tapName } from '../../plan/nat-addresses.ts';
import { type PacketScene, type SceneUplink, STRANGER, WEB_PORT } from '../../plan/packets/scene.ts';
import { GATEWAY_MAC } from '../nat/tap.ts';

/** Where the port numbers of a trial begin, and how many each instance has for itself. */
const FIRST_PORT = 40_000;
const PORTS = 100;
const INSTANCES = 200;
const FIRST_PUBLISHED = 30_000;

interface SceneInput {
  network: NatNetwork;
  random: Random;
  /** NICs of the guests that are there. */
  taken: readonly GuestNic[];
  isPortFree: (port: PublishedPort) => Promise<boolean>;
  /** Whether guests have IPv6 here. */
  hasIpv6: boolean;
}

/** Two guests that are not there, and the host as they would find it. */
export async function observeScene({ network, random, taken, isPortFree, hasIpv6 }: SceneInput): Promise<PacketScene> {
  const number = Number.parseInt(natTapPrefix(network).slice(2), 16) % INSTANCES;
  const [first, second] = freeAddresses(network, taken);
  if (first === undefined || second === undefined) {
    throw new LodgeError('ADDRESSES_EXHAUSTED', `no two addresses of ${network.ipv4Prefix} are free`);
  }
  const publishedPort = await freePort(FIRST_PUBLISHED + number * PORTS, taken, isPortFree);
  const nicOf = (ipv4: Ipv4Address, publish: PublishedPort[]): GuestNic => {
    const mac = randomMac(random);
    const ipv6 = hasIpv6 ? slaacAddress(network.ipv6Prefix, mac) : null;
    return { link: 'nat', mac, tap: tapName(network, random.uuid()), ipv4, ipv6, publish };
  };
  return {
    network,
    gatewayMac: GATEWAY_MAC,
    guest: nicOf(first, [publishing(publishedPort)]),
    neighbour: nicOf(second, []),
    watched: null,
    uplinks: await observeUplinks(natTapPrefix(network)),
    publishedPort,
    guestPort: WEB_PORT,
    firstPort: FIRST_PORT + number * PORTS,
  };
}

function publishing(hostPort: number): PublishedPort {
  return { protocol: 'tcp', hostAddress: null, hostPort, guestPort: WEB_PORT };
}

/** From the end of the pool: new guests are given addresses from its beginning. */
function freeAddresses(network: NatNetwork, taken: readonly GuestNic[]): Ipv4Address[] {
  const { first, size } = ipv4Range(network.ipv4Prefix);
  const used = new Set<Ipv4Address | null>([network.ipv4Gateway, ...taken.map(({ ipv4 }) => ipv4)]);
  const free: Ipv4Address[] = [];
  for (let value = first + size - 2; value > first && free.length < 2; value--) {
    const address = ipv4FromNumber(value);
    if (!used.has(address)) free.push(address);
  }
  return free;
}

async function freePort(
  first: number,
  taken: readonly GuestNic[],
  isPortFree: (port: PublishedPort) => Promise<boolean>,
): Promise<number> {
  const published = new Set(taken.flatMap(({ publish }) => publish.map(({ hostPort }) => hostPort)));
  for (let port = first; port < first + PORTS; port++) {
    if (!published.has(port) && (await isPortFree(publishing(port)))) return port;
  }
  throw new LodgeError('PORT_TAKEN', `no port from ${first} to ${first + PORTS - 1} is free`);
}

/** The links that default routes lead to, and those by which the kernel sends what goes to the internet. */
async function observeUplinks(tapPrefix: string): Promise<SceneUplink[]> {
  const [byDefault, ways4, ways6, links, addresses] = await Promise.all([
    listDefaultRouteLinks(),
    routeTo(STRANGER.ipv4),
    routeTo(STRANGER.ipv6),
    readLinks(null),
    readAddresses(null),
  ]);
  const leads = (way: typeof ways4) => (way.kind === 'route' ? [way.link] : []);
  const names = new Set([...byDefault, ...leads(ways4), ...leads(ways6)]);
  return [...names]
    .filter((name) => !name.startsWith(tapPrefix) && name !== 'lo')
    .map((name) => {
      const mac = parseMac(links.find((link) => link.name === name)?.mac ?? '');
      const addressOf = (family: 'ipv4' | 'ipv6') =>
        addresses.find((each) => each.link === name && each.family === family && each.scope === 'global')?.address;
      return {
        name,
        mac: mac.ok ? mac.value : null,
        ipv4: (addressOf('ipv4') as Ipv4Address | undefined) ?? null,
        ipv6: (addressOf('ipv6') as Ipv6Address | undefined) ?? null,
        leadsOut: { ipv4: leads(ways4).includes(name), ipv6: leads(ways6).includes(name) },
      };
    });
}
