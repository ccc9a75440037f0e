import {
  type Ipv4Prefix,
  ipv4FromNumber,
  ipv4PrefixContains,
  ipv4ToNumber,
  linkLocalFromMac,
} from '../base/address.ts';
import type { ExtraIpv4, HostConfig, HostIpv4, HostIpv6 } from '../model/host-config.ts';
import type { ProviderModes } from '../model/network-plan.ts';
import type { TwinAddresses } from './addresses.ts';

/** The router's link to the switch, and those to the two internets. */
export const ROUTER_LINK = 'r0';

interface RouterInput {
  host: HostConfig;
  modes: ProviderModes;
  addresses: TwinAddresses;
}

/** Lines for `ip -batch` in the router's namespace; its links are there and down. */
export function routerLines({ host, modes, addresses }: RouterInput): string[] {
  return [
    // The gateway's link-local address is the one below, and no other.
    `link set ${ROUTER_LINK} addrgenmode none`,
    `link set ${ROUTER_LINK} up`,
    'link set r4 up',
    'link set r6 up',
    `address add ${addresses.internet4.router}/24 dev r4`,
    `address add ${addresses.internet6.router}/64 dev r6 nodad`,
    ...(host.ipv4 === null ? [] : mainIpv4Lines(host.ipv4, addresses)),
    ...host.extraIpv4.flatMap((extra) => extraLines(extra, host)),
    ...(modes.arp === 'static' ? boundLines(host) : []),
    ...(host.ipv6 === null || modes.ipv6 === 'none' ? [] : ipv6Lines(host.ipv6, host.uplink.mac, modes.ipv6)),
  ];
}

function mainIpv4Lines({ address, prefixLength, gateway }: HostIpv4, { neighbour }: TwinAddresses): string[] {
  const prefix = networkOf(address, prefixLength);
  // `replace`: an address in a network of one may be the gateway of a single address as well.
  const own = ipv4PrefixContains(prefix, gateway)
    ? [`address replace ${gateway}/${prefixLength} dev ${ROUTER_LINK}`]
    : [`address replace ${gateway}/32 dev ${ROUTER_LINK}`, `route replace ${prefix} dev ${ROUTER_LINK}`];
  const isBeside = neighbour !== null && !ipv4PrefixContains(prefix, neighbour);
  return [...own, ...(isBeside ? [`route replace ${neighbour}/32 dev ${ROUTER_LINK}`] : [])];
}

/** A single address is on the wire; subnets and failovers are routed to the main address. */
function extraLines(extra: ExtraIpv4, host: HostConfig): string[] {
  if (extra.kind === 'single') {
    const { gateway } = extra;
    const isMain = gateway === null || gateway === host.ipv4?.gateway;
    return [
      ...(isMain ? [] : [`address replace ${gateway}/32 dev ${ROUTER_LINK}`]),
      `route replace ${extra.address}/32 dev ${ROUTER_LINK}`,
    ];
  }
  return host.ipv4 === null ? [] : [`route replace ${extra.prefix} via ${host.ipv4.address} dev ${ROUTER_LINK}`];
}

/** A router that does not ask has every single address bound to a MAC: the uplink's, or the virtual one that was ordered for it. */
function boundLines(host: HostConfig): string[] {
  const main = host.ipv4 === null ? [] : [{ address: host.ipv4.address, mac: host.uplink.mac }];
  const singles = host.extraIpv4.flatMap((extra) =>
    extra.kind === 'single' ? [{ address: extra.address, mac: extra.mac ?? host.uplink.mac }] : [],
  );
  return [...main, ...singles].map(
    ({ address, mac }) => `neighbour replace ${address} lladdr ${mac} dev ${ROUTER_LINK} nud permanent`,
  );
}

function ipv6Lines({ prefix, gateway }: HostIpv6, mac: HostConfig['uplink']['mac'], mode: string): string[] {
  const isLinkLocal = gateway.startsWith('fe80:');
  const linkLocal = isLinkLocal ? gateway : 'fe80::1';
  const delivery =
    mode === 'on-link'
      ? `route add ${prefix} dev ${ROUTER_LINK}`
      : `route add ${prefix} via ${linkLocalFromMac(mac)} dev ${ROUTER_LINK}`;
  return [
    `address add ${linkLocal}/64 dev ${ROUTER_LINK} nodad`,
    ...(isLinkLocal ? [] : [`address add ${gateway}/128 dev ${ROUTER_LINK} nodad`]),
    delivery,
  ];
}

function networkOf(address: HostIpv4['address'], bits: number): Ipv4Prefix {
  const size = 2 ** (32 - bits);
  return `${ipv4FromNumber(Math.floor(ipv4ToNumber(address) / size) * size)}/${bits}` as Ipv4Prefix;
}
