import { type Namespace, readJsonBy } from './network-command.ts';

interface JsonAddresses {
  ifname: string;
  addr_info?: JsonAddress[];
}
interface JsonAddress {
  family: string;
  local?: string;
  /** The other end, where it is another one. */
  address?: string;
  broadcast?: string;
  label?: string;
  prefixlen: number;
  scope: string;
  dynamic?: boolean;
  noprefixroute?: boolean;
  tentative?: boolean;
  preferred_life_time?: number;
}

/** INFINITY_LIFE_TIME of the kernel's addrconf.h. */
const FOR_EVER = 4_294_967_295;

/** Every address of both families, from `ip -j address`. */
export async function readAddresses(namespace: Namespace) {
  const links = await readJsonBy<JsonAddresses>(namespace, 'ip', ['-j', '-d', 'address', 'show']);
  return links.flatMap(({ ifname, addr_info: addresses = [] }) =>
    addresses
      .filter(({ family, local }) => (family === 'inet' || family === 'inet6') && local !== undefined)
      .map((address) => toAddress(ifname, address)),
  );
}

function toAddress(link: string, info: JsonAddress) {
  const { local = '', address = local, preferred_life_time: preferred = FOR_EVER } = info;
  return {
    link,
    family: info.family === 'inet6' ? ('ipv6' as const) : ('ipv4' as const),
    address: local,
    prefixLength: info.prefixlen,
    peer: address === local ? null : address,
    ...(info.broadcast === undefined ? {} : { broadcast: info.broadcast }),
    ...(info.label === undefined || info.label === link ? {} : { label: info.label }),
    scope: info.scope,
    isDynamic: info.dynamic === true,
    noPrefixRoute: info.noprefixroute === true,
    isTentative: info.tentative === true,
    preferredSec: preferred === FOR_EVER ? null : preferred,
  };
}
