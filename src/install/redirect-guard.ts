import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Address4, Address6 } from 'ip-address';

/** Who can ask a server at an address: the whole internet, the networks that the host is in, one link of it, or the host alone. */
const REACHES = ['internet', 'network', 'link', 'host'] as const;
export type Reach = (typeof REACHES)[number];

/** Blocks that are not of the internet (IANA's registries of special addresses); those for documentation lead nowhere. */
const BLOCKS: readonly [Exclude<Reach, 'internet'>, readonly string[]][] = [
  ['host', ['0.0.0.0/8', '127.0.0.0/8', '::/128', '::1/128']],
  ['link', ['169.254.0.0/16', '224.0.0.0/4', '255.255.255.255/32', 'fe80::/10', 'ff00::/8']],
  ['network', ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.0.0.0/24', '192.168.0.0/16', '198.18.0.0/15']],
  ['network', ['240.0.0.0/4', 'fc00::/7', 'fec0::/10', '64:ff9b:1::/48']],
];
/** IPv6 addresses that lead to an IPv4 one, and behind how many bits it stands: mapped, NAT64, 6to4. */
const CARRIERS: readonly [string, bigint][] = [
  ['::ffff:0:0/96', 96n],
  ['64:ff9b::/96', 96n],
  ['2002::/16', 16n],
];

const PLACES: Record<Exclude<Reach, 'internet'>, string> = {
  host: 'an address of this host',
  link: 'a link-local address',
  network: 'a private address',
};

/** A redirect from a server that more people reach than what it leads to. */
export class RedirectInwards extends Error {}

/**
 * How near an address is.
 *
 * @param own addresses of this host: what listens at one of them may be kept from the world by a firewall, and not from the host itself
 */
export function reachOf(address: string, own: readonly string[] = ownAddresses()): Reach {
  const [bare = ''] = address.split('%');
  if (own.includes(bare)) return 'host';
  const carried = carriedIn(bare);
  if (carried !== null) return reachOf(carried, own);
  return BLOCKS.find(([, blocks]) => blocks.some((block) => isIn(bare, block)))?.[0] ?? 'internet';
}

/** As far as a URL itself tells it: behind a proxy, that alone knows the addresses of names. */
export function reachOfUrl({ hostname }: URL): Reach {
  const bare = hostname.replace(/^\[|\]$/g, '');
  if (isIP(bare) !== 0) return reachOf(bare);
  return /(^|\.)localhost\.?$/.test(bare) ? 'host' : 'internet';
}

/** Why a redirect from there may not lead to such a place, null when it may. */
export function inwards(from: Reach, to: Reach, place: string): RedirectInwards | null {
  if (to === 'internet' || REACHES.indexOf(to) <= REACHES.indexOf(from)) return null;
  return new RedirectInwards(`it leads to ${place}, ${PLACES[to]}`);
}

/** Looks names up for a connection to which a redirect from there led: addresses to which it may not lead are left out. */
export function lookupFrom(from: Reach): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const own = ownAddresses();
      const judged = found.map((one) => ({
        ...one,
        refusal: inwards(from, reachOf(one.address, own), `${hostname}, which is ${one.address}`),
      }));
      const taken = judged.filter(({ refusal }) => refusal === null);
      const [first] = taken;
      if (first === undefined) callback(judged[0]?.refusal ?? new Error(`${hostname} has no address`), []);
      else if (options.all === true) callback(null, taken);
      else callback(null, first.address, first.family);
    });
  };
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
}

function carriedIn(address: string): string | null {
  if (isIP(address) !== 6) return null;
  const found = CARRIERS.find(([block]) => isIn(address, block));
  if (found === undefined) return null;
  const number = (new Address6(address).bigInt() >> (96n - found[1])) & 0xffff_ffffn;
  return Address4.fromBigInt(number).correctForm();
}

function isIn(address: string, block: string): boolean {
  if (isIP(address) === 4) return Address4.isValid(block) && new Address4(address).isInSubnet(new Address4(block));
  return Address6.isValid(block) && new Address6(address).isInSubnet(new Address6(block));
}
