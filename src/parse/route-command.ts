import type { IntentRoute } from '../model/network-intent.ts';
import { maskLength } from './ipv4-mask.ts';
import { readAddress, readDestination } from './networkd-values.ts';

/** A route as a command says it, without the place the command stands in. */
export type CommandRoute = Omit<IntentRoute, 'context' | 'form' | 'spot'>;
/** How it is put beside what is there: with a verb of ip(8), or by route(8), which only refuses the very same one. */
export type RouteVerb = 'add' | 'change' | 'replace' | 'prepend' | 'append' | 'route-add';
export type RouteReading =
  | { kind: 'route'; route: CommandRoute; verb: RouteVerb }
  /** The kernel, or the program itself, says no: why. */
  | { kind: 'refused'; why: string }
  | { kind: 'known' }
  | { kind: 'unknown'; why: string };

const VALUES = new Set(['mss', 'window', 'irtt']);
const FLAGS = new Set(['mod', 'dyn', 'reinstate']);

/**
 * route(8) of net-tools.
 *
 *     add -net 192.0.2.192 netmask 255.255.255.192 gw 192.0.2.193 dev eth0     add default gw 192.0.2.193 eth0
 *     add -host 198.51.100.20 eth0     -A inet6 add 2001:db8::/64 gw fe80::1 dev eth0
 */
export function readRouteCommand(args: readonly string[]): RouteReading {
  const words = [...args];
  let isIpv6 = false;
  while (words[0]?.startsWith('-') && !/^-(net|host)$/.test(words[0])) {
    const option = words.shift();
    const family = option === '-A' || option === '-f' ? words.shift() : option?.replace(/^-+/, '');
    isIpv6 ||= family === 'inet6' || family === '6' || family === 'A=inet6';
  }
  const verb = words.shift();
  if (verb !== 'add') return verb === 'del' || verb === 'delete' ? { kind: 'known' } : unknown(`route ${verb}`);
  const isNet = words[0] === '-net';
  if (isNet || words[0] === '-host') words.shift();
  const target = words.shift() ?? '';
  const said = readOptions(words);
  if (said === null) return unknown('an option of route(8) that Lodge does not know');
  const destination = readTarget(target, said.netmask, isNet);
  const via = said.via === null ? null : readAddress(said.via);
  if (destination === null || (said.via !== null && via === null))
    return unknown(`${target} is no destination, or a network without its length`);
  const family = via?.family ?? (target === 'default' ? (isIpv6 ? 'ipv6' : 'ipv4') : destination.family);
  const route = {
    family,
    destination: destination.destination,
    type: said.isReject ? 'unreachable' : 'unicast',
    via: via?.address ?? null,
    link: said.link,
    metric: said.metric,
    isOnLink: false,
  };
  if (said.netmask !== null && destination.destination.split('/')[0] !== target)
    return {
      kind: 'refused',
      why: `${target} is not the first address of the network (${destination.destination}), and route(8) wants it`,
    };
  return { kind: 'route', route, verb: 'route-add' };
}

interface Options {
  netmask: string | null;
  via: string | null;
  link: string | null;
  metric: number | null;
  isReject: boolean;
}

function readOptions(words: string[]): Options | null {
  const said: Options = { netmask: null, via: null, link: null, metric: null, isReject: false };
  while (words.length > 0) {
    const word = words.shift() ?? '';
    if (word === 'netmask') said.netmask = words.shift() ?? '';
    else if (word === 'gw') said.via = words.shift() ?? '';
    else if (word === 'metric') said.metric = Number(words.shift());
    else if (word === 'dev' || word === 'device' || word === '--interface') said.link = words.shift() ?? '';
    else if (word === 'reject') said.isReject = true;
    else if (VALUES.has(word)) words.shift();
    else if (!FLAGS.has(word)) {
      // The link's name may stand alone, as the last word.
      if (words.length > 0) return null;
      said.link = word;
    }
  }
  return Number.isNaN(said.metric) ? null : said;
}

function readTarget(target: string, netmask: string | null, isNet: boolean) {
  if (target === 'default') return { family: 'ipv4' as const, destination: 'default' };
  const address = readAddress(target);
  if (address === null) return null;
  if (address.prefixLength !== null || address.family === 'ipv6') return readDestination(target);
  if (netmask !== null) {
    const length = maskLength(netmask);
    return length === null ? null : readDestination(`${address.address}/${length}`);
  }
  // Networks have no length by class any more: of -net without one the kernel says "Invalid argument".
  return isNet ? null : readDestination(`${address.address}/32`);
}

function unknown(why: string): RouteReading {
  return { kind: 'unknown', why };
}
