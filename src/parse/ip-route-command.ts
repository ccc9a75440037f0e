import type { Family } from '../model/network-facts.ts';
import { readAddress, readDestination } from './networkd-values.ts';
import type { CommandRoute, RouteReading, RouteVerb } from './route-command.ts';

const VERBS = ['list', 'get', 'add', 'change', 'replace', 'prepend', 'append', 'delete', 'flush'];
const MAKING: readonly string[] = ['add', 'change', 'replace', 'prepend', 'append'] satisfies RouteVerb[];
const TYPES = ['unicast', 'unreachable', 'blackhole', 'prohibit', 'throw', 'local', 'broadcast', 'multicast'];
/** Keys with a value that changes nothing of which way a packet goes. */
const OTHER_KEYS =
  /^(proto|protocol|scope|src|mtu|advmss|pref|initcwnd|initrwnd|window|rtt|rttvar|hoplimit|realm|tos|features)$/;

interface Reading {
  route: Omit<CommandRoute, 'family'>;
  family: Family | null;
  /** Why the kernel takes the destination for no network of IPv4; of IPv6 it takes the network that it is in. */
  hostBits: string | null;
}

/** What stands behind `ip route`. The family is that of the option, else that of the addresses. */
export function readIpRoute(args: readonly string[], said: Family | null): RouteReading {
  const words = [...args];
  const verb = firstWithBeginning(VERBS, words.shift() ?? 'list');
  if (verb === null) return { kind: 'unknown', why: 'a verb of ip route that Lodge does not know' };
  if (!MAKING.includes(verb)) return { kind: 'known' };
  const type = TYPES.includes(words[0] ?? '') ? (words.shift() ?? '') : 'unicast';
  const empty = { destination: '', type, via: null, link: null, metric: null, isOnLink: false };
  const reading: Reading = { route: empty, family: said, hostBits: null };
  while (words.length > 0) {
    const why = readKey(words.shift() ?? '', words, reading);
    if (why !== null) return { kind: 'unknown', why };
  }
  const { route, family } = reading;
  if (route.destination === '' || Number.isNaN(route.metric)) {
    return { kind: 'unknown', why: 'it has no destination or no metric' };
  }
  if (reading.hostBits !== null) return { kind: 'refused', why: reading.hostBits };
  return { kind: 'route', route: { ...route, family: family ?? 'ipv4' }, verb: verb as RouteVerb };
}

/** Reads a key with its value, or the destination. A text says why it cannot be followed. */
function readKey(word: string, words: string[], reading: Reading): string | null {
  const { route } = reading;
  if (word === 'via') {
    const named = /^inet6?$/.test(words[0] ?? '') ? words.splice(0, 2)[1] : words.shift();
    const via = readAddress(named ?? '');
    if (via === null) return 'the gateway is no address';
    route.via = via.address;
    reading.family ??= via.family;
  } else if (word === 'dev') route.link = words.shift() ?? null;
  else if (word === 'onlink') route.isOnLink = true;
  else if (/^(metric|priority|preference)$/.test(word)) route.metric = Number(words.shift());
  else if (word === 'table') {
    const table = words.shift() ?? '';
    if (table !== 'main' && table !== '254') return `a route of the table ${table}: Lodge plans with main only`;
  } else if (OTHER_KEYS.test(word)) {
    if (words[0] === 'lock') words.shift();
    words.shift();
  } else if (route.destination === '') return readTo(word === 'to' ? (words.shift() ?? '') : word, reading);
  else return `${word} is not followed`;
  return null;
}

function readTo(to: string, reading: Reading): string | null {
  if (/^(default|any|all)$/.test(to)) {
    reading.route.destination = 'default';
    return null;
  }
  const read = readDestination(to);
  if (read === null) return `${to} is no destination`;
  reading.route.destination = read.destination;
  reading.family ??= read.family;
  if (read.family === 'ipv4' && read.destination !== 'default' && read.destination.split('/')[0] !== to.split('/')[0]) {
    reading.hostBits = `${to} has bits of a host in it, and the kernel refuses it ("Invalid prefix for given prefix length"): the network is ${read.destination}`;
  }
  return null;
}

/** Programs of iproute2 take a word's beginning for the first word that begins so. */
export function firstWithBeginning(words: readonly string[], beginning: string): string | null {
  if (beginning === '') return null;
  return words.find((word) => word.startsWith(beginning)) ?? null;
}
