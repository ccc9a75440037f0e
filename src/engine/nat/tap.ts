import { linkLocalFromMac, type MacAddress } from '../../base/address.ts';
import { LodgeError } from '../../base/errors.ts';
import { shellWord } from '../../base/quoting/shell-word.ts';
import { readIfPresent } from '../../host/files.ts';
import { type Link, listLinks, readLink, runIpBatch } from '../../host/ip.ts';
import { listIpv4HostRoutes, listIpv6Addresses } from '../../host/proc-routes.ts';
import { readSysctl, type SysctlPath, writeSysctl } from '../../host/sysctl.ts';
import type { GuestNic } from '../../model/guest.ts';
import type { NatNetwork } from '../../model/guest-network.ts';
import type { Ipv6State } from '../../model/nat-families.ts';

/**
 * The host's end of every tap has this address: each tap is a network of its own, and a guest that is resumed on
 * another tap finds the gateway it knows.
 */
export const GATEWAY_MAC = 'ee:ee:ee:00:00:01' as MacAddress;

const TAP_IPV4: Record<string, string> = {
  forwarding: '1',
  // Images whose address is in the pool's /20 ask for the other guests by ARP.
  proxy_arp: '1',
  accept_redirects: '0',
  send_redirects: '0',
  accept_source_route: '0',
};
const NO_IPV6: Record<string, string> = { disable_ipv6: '1' };
const TAP_IPV6: Record<string, string> = {
  disable_ipv6: '0',
  accept_ra: '0',
  autoconf: '0',
  accept_redirects: '0',
  accept_source_route: '-1',
  // Also makes the host say in its neighbour advertisements that it is a router: guests drop it as gateway without.
  forwarding: '1',
  force_forwarding: '1',
};

/** What of a NIC says which addresses and routes its tap has. */
export type TapAddresses = Pick<GuestNic, 'tap' | 'ipv4' | 'ipv6'>;

export interface TapOwner {
  uid: number;
  gid: number;
}
/** What is at the other end of a tap: QEMU, run by that user, or a network namespace that stands in for a guest. */
export type TapEnd = TapOwner | { namespace: string };

/**
 * Makes the guest's tap, or puts right the one that is there: owned by the QEMU user, persistent, with the gateway's
 * addresses, the guest's routes and fixed neighbour entries. Without IPv6 on the host the tap has none either.
 *
 * @throws NETWORK_FAILED when a link of that name belongs to somebody else.
 */
export async function createTap(network: NatNetwork, nic: GuestNic, end: TapEnd, ipv6: Ipv6State): Promise<void> {
  const { tap } = nic;
  const add = addLine(nic, end);
  const mark = [
    `link set dev ${tap} alias ${aliasOf(network)}${nic.mac}`,
    // A kernel without IPv6 has no way to make its addresses.
    `link set dev ${tap} address ${GATEWAY_MAC}${ipv6 === 'absent' ? '' : ' addrgenmode none'}`,
  ];
  // One process where it can be: a host that switches IPv6 off for new interfaces needs the settings in between.
  const isSetFirst =
    ipv6 === 'unguarded' || (await readSysctl(['net', 'ipv6', 'conf', 'default', 'disable_ipv6'])) === '1';
  const addressing = addressingOf(network, ipv6 === 'on' ? nic : { ...nic, ipv6: null });
  try {
    await runIpBatch([add, ...mark, ...(isSetFirst ? [] : addressing)]);
    await writeTapSysctls(tap, ipv6);
    if (isSetFirst) await runIpBatch(addressing);
  } catch (error) {
    const existing = await readLink(tap);
    if (existing === null) throw error;
    refuseStranger(network, existing);
    // One that was made for another user, by an older Lodge: no QEMU has it open, which is what is started next.
    if (!(await isOwnedBy(tap, end))) await runIpBatch([`link delete dev ${tap}`, add]);
    await runIpBatch(mark);
    await writeTapSysctls(tap, ipv6);
    await runIpBatch(addressing);
  }
}

function addLine({ tap, mac }: GuestNic, end: TapEnd): string {
  return 'namespace' in end
    ? `link add dev ${tap} address ${GATEWAY_MAC} type veth peer name eth0 address ${mac} netns ${end.namespace}`
    : `tuntap add dev ${tap} mode tap user ${end.uid} group ${end.gid}`;
}

/** A tap's user, as drivers/net/tun.c shows it in sysfs. */
async function isOwnedBy(tap: string, end: TapEnd): Promise<boolean> {
  if ('namespace' in end) return true;
  const owner = await readIfPresent(`/sys/class/net/${tap}/owner`);
  return owner === null || Number(owner) === end.uid;
}

function refuseStranger(network: NatNetwork, link: Link): void {
  if (isOurs(network, link)) return;
  throw new LodgeError('NETWORK_FAILED', `the host has an interface ${link.name} that is not this instance's`, {
    hint: `ip link show dev ${shellWord(link.name)}`,
  });
}

/** Takes the tap away; none there is no error, and somebody else's is left alone. */
export async function removeTap(network: NatNetwork, name: string): Promise<void> {
  const existing = await readLink(name);
  if (existing !== null && isOurs(network, existing)) await runIpBatch([`link delete dev ${name}`], { force: true });
}

/** The names of this instance's taps. */
export async function listTaps(network: NatNetwork): Promise<string[]> {
  return (await listLinks()).filter((link) => link.alias?.startsWith(aliasOf(network))).map((link) => link.name);
}

/** Lets the host's own loopback addresses reach published ports. Only DNAT gets there: the guard drops 127/8 from taps. */
export async function allowLoopback(tap: string, isAllowed: boolean): Promise<void> {
  await writeSysctl(['net', 'ipv4', 'conf', tap, 'route_localnet'], isAllowed ? '1' : '0');
}

/** A crash between making the link and marking it leaves it without an alias: the name says enough. */
function isOurs(network: NatNetwork, link: Link): boolean {
  return link.alias === null || link.alias.startsWith(aliasOf(network));
}

function aliasOf(network: NatNetwork): string {
  return `lodge:${network.tableName}:`;
}

/** The families in which a tap that is there has lost its way to the guest or its own address: another program has taken it away. */
export async function lostFamilies(
  network: NatNetwork,
  nics: readonly TapAddresses[],
  ipv6: Ipv6State,
): Promise<('ipv4' | 'ipv6')[]> {
  const [routes, addresses] = (await Promise.all([listIpv4HostRoutes(), listIpv6Addresses()])).map(
    (list) => list && new Set(list.map(({ link, address }) => `${link} ${address}`)),
  );
  const isThere = await Promise.all(
    nics.map(async ({ tap }) => (await readSysctl(['net', 'ipv4', 'conf', tap, 'forwarding'])) !== null),
  );
  const present = nics.filter((_, index) => isThere[index]);
  const hasLost = {
    ipv4: present.some(({ tap, ipv4 }) => ipv4 !== null && routes?.has(`${tap} ${ipv4}`) === false),
    ipv6:
      ipv6 === 'on' &&
      present.some(({ tap, ipv6: own }) => own !== null && addresses?.has(`${tap} ${network.ipv6Dns}`) === false),
  };
  return (['ipv4', 'ipv6'] as const).filter((family) => hasLost[family]);
}

/** Whether every tap that is there forwards, in each family that guests have. */
export async function areForwarding(taps: readonly string[], ipv6: Ipv6State): Promise<boolean> {
  const settings = taps.flatMap((tap): [SysctlPath, string][] => [
    [['net', 'ipv4', 'conf', tap, 'forwarding'], '1'],
    [['net', 'ipv6', 'conf', tap, 'disable_ipv6'], ipv6 === 'on' ? '0' : '1'],
    ...(ipv6 === 'on' ? [[['net', 'ipv6', 'conf', tap, 'forwarding'], '1'] as [SysctlPath, string]] : []),
  ]);
  const read = await Promise.all(settings.map(([path]) => readSysctl(path)));
  return settings.every(([, wanted], index) => read[index] === null || read[index] === wanted);
}

/**
 * Gives the taps that are there what they would be made with now. An older Lodge may have given them less; switching a family off for the
 * whole host takes the settings, switching IPv6 off the addresses and routes too, as programs do that configure every link.
 */
export async function renewTaps(network: NatNetwork, nics: readonly GuestNic[], ipv6: Ipv6State): Promise<void> {
  const there = new Set(await listTaps(network));
  const renewed = nics.filter(({ tap }) => there.has(tap));
  for (const { tap } of renewed) await writeTapSysctls(tap, ipv6);
  await runIpBatch(renewed.flatMap((nic) => addressingOf(network, ipv6 === 'on' ? nic : { ...nic, ipv6: null })));
}

async function writeTapSysctls(tap: string, ipv6: Ipv6State): Promise<void> {
  const under = (family: string, values: Record<string, string>) =>
    Object.entries(values).map(([key, value]): [SysctlPath, string] => [['net', family, 'conf', tap, key], value]);
  const settings: [SysctlPath, string][] = [
    ...under('ipv4', TAP_IPV4),
    // 0: answer for other guests at once; the default waits up to 0.8 s.
    [['net', 'ipv4', 'neigh', tap, 'proxy_delay'], '0'],
    ...under('ipv6', ipv6 === 'on' ? TAP_IPV6 : NO_IPV6),
  ];
  for (const [path, value] of settings) await writeSysctl(path, value);
}

/** Fixed neighbour entries: the host never asks, and nothing a guest says can turn them. */
function addressingOf(network: NatNetwork, nic: GuestNic): string[] {
  const { tap, mac, ipv4, ipv6 } = nic;
  const poolBits = network.ipv4Prefix.split('/')[1];
  const lines = [`link set dev ${tap} up`];
  if (ipv4 !== null) {
    lines.push(
      `address replace ${network.ipv4Gateway}/${poolBits} dev ${tap} noprefixroute`,
      `route replace ${ipv4}/32 dev ${tap}`,
      `neighbour replace ${ipv4} lladdr ${mac} dev ${tap} nud permanent`,
    );
  }
  if (ipv6 !== null) {
    lines.push(
      `address replace ${network.ipv6Gateway}/64 dev ${tap} nodad`,
      `address replace ${network.ipv6Dns}/64 dev ${tap} noprefixroute nodad`,
      `route replace ${ipv6}/128 dev ${tap}`,
      `neighbour replace ${ipv6} lladdr ${mac} dev ${tap} nud permanent`,
      // dnsmasq asks for the MAC of a DHCPv6 client's link-local address, and waits for the answer.
      `neighbour replace ${linkLocalFromMac(mac)} lladdr ${mac} dev ${tap} nud permanent`,
    );
  }
  return lines;
}
