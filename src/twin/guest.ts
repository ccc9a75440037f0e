import {
  type Ipv4Address,
  type Ipv6Address,
  ipv4FromNumber,
  ipv4PrefixContains,
  ipv4Range,
  type MacAddress,
} from '../base/address.ts';
import { runCalls } from '../host/run-calls.ts';
import type { HostConfig } from '../model/host-config.ts';
import { invertChange, type NetworkChange } from '../model/network-change.ts';
import type { NetworkLayout } from '../model/network-plan.ts';
import { renderChange } from '../render/network-commands.ts';
import type { Twin } from './build.ts';
import { tapMac } from './copy-links.ts';

/** A guest to be plugged in: a namespace, whose veth stands for the tap. */
export interface GuestPlug {
  /** A name in the words of the checks: `web1`. Also the namespace's. */
  name: string;
  layout: NetworkLayout;
  /** The link on the host. */
  tap: string;
  /** Of the guest's own network card. */
  mac: MacAddress;
  ipv4?: Ipv4Address | undefined;
  ipv6?: Ipv6Address | undefined;
  /** The bridge the tap is a port of; needed by `bridged` and `subnet-bridge`. */
  bridge?: string | undefined;
  /** What the host does for it, as production does: the tap's addresses, routes to it, neighbour proxies. */
  changes: readonly NetworkChange[];
}

export interface PluggedGuest extends GuestPlug {
  /** Everything that was changed on the host, in order. */
  done: readonly NetworkChange[];
}

/**
 * Plugs it in: the tap is there and up before the host's changes run, by the same runner as a plan's.
 *
 * @throws COMMAND_FAILED when a change fails
 */
export async function plugGuest(twin: Twin, plug: GuestPlug): Promise<PluggedGuest> {
  const { spaces } = twin;
  const done: NetworkChange[] = [
    ...(plug.bridge === undefined ? [] : [{ kind: 'add-port', bridge: plug.bridge, link: plug.tap } as const]),
    ...plug.changes,
  ];
  const plugged = { ...plug, done };
  twin.guests.push(plugged);
  const number = twin.guests.length;
  await spaces.add(plug.name);
  const peer = `peer name eth0 address ${plug.mac} netns ${spaces.nameOf(plug.name)}`;
  await spaces.setUp('host', {
    ip: [
      `link add ${plug.tap} address ${tapMac(number)} type veth ${peer}`,
      `link set ${plug.tap} addrgenmode none`,
      `link set ${plug.tap} up`,
    ],
  });
  await runChanges(twin, done);
  await spaces.setUp(plug.name, { ip: ['link set eth0 up', ...guestLines(twin.host, plug)] });
  return plugged;
}

/** Takes it out again: what hangs on the tap goes with it, everything else is undone, last first. */
export async function unplugGuest(twin: Twin, guest: PluggedGuest): Promise<void> {
  const lasting = guest.done.filter((change) => linkOf(change) !== guest.tap);
  await runChanges(twin, lasting.toReversed().map(invertChange));
  await twin.spaces.setUp('host', { ip: [`link delete ${guest.tap}`] });
  await twin.spaces.remove(guest.name);
  twin.guests = twin.guests.filter((other) => other !== guest);
}

function linkOf(change: NetworkChange): string | null {
  if ('route' in change) return change.route.link;
  if ('address' in change && typeof change.address !== 'string') return change.address.link;
  return 'link' in change ? change.link : null;
}

/** Production's way of making changes, in the host's namespace. */
export async function runChanges(twin: Twin, changes: readonly NetworkChange[], timeoutMs = 20_000): Promise<void> {
  await runCalls(changes.flatMap(renderChange), { namespace: twin.spaces.nameOf('host'), timeoutMs });
}

/** How the guest's own network is set up, in lines for `ip -batch`. */
function guestLines(host: HostConfig, { layout, ipv4, ipv6 }: GuestPlug): string[] {
  const four = ipv4 === undefined ? null : ipv4Of(host, layout, ipv4);
  const six = ipv6 === undefined ? null : layout === 'bridged' ? host.ipv6?.gateway : 'fe80::1';
  return [
    ...(four === null
      ? []
      : [`address add ${ipv4}/${four.bits} dev eth0`, `route add default via ${four.gateway} dev eth0 onlink`]),
    ...(six === null ? [] : [`address add ${ipv6}/128 dev eth0 nodad`, `route add default via ${six} dev eth0 onlink`]),
  ];
}

/** What a guest is told: network.md's layouts B, A and C. */
function ipv4Of(host: HostConfig, layout: NetworkLayout, address: Ipv4Address): { bits: number; gateway: string } {
  const { extraIpv4 } = host;
  if (layout === 'routed') return { bits: 32, gateway: '169.254.0.1' };
  if (layout === 'bridged') {
    const single = extraIpv4.find((extra) => extra.kind === 'single' && extra.address === address);
    const own = single?.kind === 'single' ? single.gateway : null;
    return { bits: 32, gateway: own ?? host.ipv4?.gateway ?? '' };
  }
  const subnet = extraIpv4.flatMap((extra) => (extra.kind === 'single' ? [] : [extra.prefix]));
  const prefix = subnet.find((candidate) => ipv4PrefixContains(candidate, address));
  if (prefix === undefined) return { bits: 32, gateway: '169.254.0.1' };
  const { first, bits } = ipv4Range(prefix);
  return { bits, gateway: ipv4FromNumber(first + 1) };
}
