import type { Family } from '../model/network-facts.ts';
import type { IntentAddress, IntentLink } from '../model/network-intent.ts';
import { firstWithBeginning, readIpRoute } from './ip-route-command.ts';
import { maskLength } from './ipv4-mask.ts';
import { fullLength, readAddress } from './networkd-values.ts';
import type { RouteReading } from './route-command.ts';

export type IpReading =
  | RouteReading
  | { kind: 'address'; address: Omit<IntentAddress, 'spot'> }
  | { kind: 'link'; name: string; said: Partial<Pick<IntentLink, 'kind' | 'mac' | 'mtu'>>; master: string | null };

/** ip(8) takes the first of these that begins with the word. */
const OBJECTS = ['address', 'route', 'rule', 'link', 'neighbour', 'neighbor', 'tunnel', 'maddress'];
const KINDS: readonly string[] = ['bridge', 'vlan', 'bond', 'dummy'];

/**
 * ip(8), as far as network configurations use it.
 *
 *     ip -6 route replace default via fe80::1 dev eth0 onlink     ip a a 192.0.2.2/32 peer 192.0.2.1 dev eth0
 */
export function readIpCommand(args: readonly string[]): IpReading {
  const words = [...args];
  let family: Family | null = null;
  while (words[0]?.startsWith('-')) {
    const option = words.shift()?.replace(/^-+/, '') ?? '';
    const value = /^f/.test(option) ? words.shift() : option;
    if (value === '6' || value === 'inet6') family = 'ipv6';
    else if (value === '4' || value === 'inet') family = 'ipv4';
    else if (/^(b|batch|n|netns)$/.test(option)) return unknown(`ip -${option} is not followed`);
  }
  const object = firstWithBeginning(OBJECTS, words.shift() ?? '');
  switch (object) {
    case 'route':
      return readIpRoute(words, family);
    case 'address':
      return readAddressCommand(words);
    case 'link':
      return readLink(words);
    case 'neighbour':
    case 'neighbor':
    case 'tunnel':
    case 'maddress':
      return { kind: 'known' };
    case 'rule':
      return unknown('routes by rule, which Lodge does not plan with');
    default:
      return unknown('an object of ip(8) that Lodge does not know');
  }
}

/** A peer's length is the address's own, and /32 or /128 where it names none (iproute2, ipaddress.c). */
function readAddressCommand(words: string[]): IpReading {
  const verb = firstWithBeginning(['list', 'show', 'add', 'change', 'replace', 'delete', 'flush'], words.shift() ?? '');
  if (verb === null) return unknown('a verb of ip address that Lodge does not know');
  if (!['add', 'change', 'replace'].includes(verb)) return { kind: 'known' };
  const found = { local: '', peer: '', link: '' };
  while (words.length > 0) {
    const word = words.shift() ?? '';
    if (word === 'dev') found.link = words.shift() ?? '';
    else if (word === 'peer' || word === 'remote') found.peer = words.shift() ?? '';
    else if (word === 'local') found.local = words.shift() ?? '';
    else if (/^(nodad|noprefixroute|home|mngtmpaddr|autojoin|optimistic)$/.test(word)) continue;
    else if (/^(broadcast|brd|label|scope|metric|preferred_lft|valid_lft|anycast|proto)$/.test(word)) words.shift();
    else if (found.local === '') found.local = word;
    else return unknown(`${word} is not followed`);
  }
  const local = readAddress(dottedLength(found.local));
  const peer = found.peer === '' ? null : readAddress(found.peer);
  if (local === null || found.link === '' || (found.peer !== '' && peer === null)) {
    return unknown('it has no address or no link');
  }
  const { family, address } = local;
  const prefixLength = (peer ?? local).prefixLength ?? fullLength(family);
  return { kind: 'address', address: { link: found.link, family, address, prefixLength, peer: peer?.address ?? null } };
}

/** `192.0.2.2/255.255.255.0 -> 192.0.2.2/24` */
function dottedLength(text: string): string {
  const [address, mask] = text.split('/');
  return mask?.includes('.') ? `${address}/${maskLength(mask) ?? '?'}` : text;
}

function readLink(words: string[]): IpReading {
  const verb = firstWithBeginning(['set', 'add', 'delete', 'show', 'list', 'change'], words.shift() ?? '');
  if (verb === 'delete' || verb === 'show' || verb === 'list') return { kind: 'known' };
  if (verb === null || verb === 'change') return unknown('a verb of ip link that Lodge does not know');
  const after = (key: string) => (words.includes(key) ? (words[words.indexOf(key) + 1] ?? null) : null);
  if (verb === 'add') {
    const type = after('type');
    const name = after('name') ?? after('dev') ?? (words[0] === 'link' ? (words[2] ?? '') : (words[0] ?? ''));
    const kind = KINDS.includes(type ?? '') ? (type as IntentLink['kind']) : 'other';
    return { kind: 'link', name, said: { kind }, master: null };
  }
  const name = after('dev') ?? words[0] ?? '';
  const mtu = after('mtu');
  const mac = after('address');
  const said = { ...(mtu === null ? {} : { mtu: Number(mtu) }), ...(mac === null ? {} : { mac: mac.toLowerCase() }) };
  return { kind: 'link', name, said, master: after('master') };
}

function unknown(why: string): { kind: 'unknown'; why: string } {
  return { kind: 'unknown', why };
}
