import type { Ipv6Address, Ipv6Prefix } from '../base/address.ts';
import type { HostIpv6, Ipv6Mode } from '../model/host-config.ts';
import type { AddressFact, RouteFact } from '../model/network-facts.ts';
import type { Provider } from '../model/provider.ts';
import { covers, isLinkLocal, isPrivate, prefixOf } from './address-reach.ts';
import type { Import } from './import-host.ts';
import { defaultRoutes } from './network-scene.ts';

/** No provider gives less, and a longer length is the host's own share of it. */
const USUAL_LENGTH = 64;

/** The IPv6 prefix, the host's own address in it, and how the provider delivers it. */
export function importIpv6(work: Import): HostIpv6 | null {
  const { owners, scene, outside, because, find } = work;
  const route = defaultRoutes(scene.facts, 'ipv6').find(({ link }) => link === outside.name);
  const own = publicAddresses(work);
  const main = own.find(({ address }) => address === route?.source) ?? own[0];
  if (main === undefined) {
    because('ipv6', `${outside.name} has no public IPv6 address`);
    return null;
  }
  if (route?.via == null && owners?.ipv6 != null && covers(owners.ipv6.prefix, main.address)) {
    because('ipv6', 'host.yaml says so; no default route of IPv6 names a gateway now');
    const only = onlyMode(owners.ipv6, work.provider);
    if (only === null) return owners.ipv6;
    because('ipv6.mode', `${work.provider.title}: ${WORDS[only]}`);
    return { ...owners.ipv6, mode: only };
  }
  if (route?.via === null || route?.via === undefined) {
    because('ipv6', `${main.address} is on ${main.link}, but no default route of IPv6 names a gateway`);
    find({
      id: 'ipv6-without-gateway',
      level: 'surprise',
      what: `${main.address} is on ${main.link}, and there is no way out for IPv6`,
      cause: 'the gateway is missing in the configuration, or router advertisements are not taken',
      consequence: 'host.yaml says that the host has no IPv6, and guests get none',
      fix: 'configure the gateway, then lodge net import; or write ipv6: into host.yaml by hand',
    });
    return null;
  }
  const length = importLength(work, main, own);
  const prefix = prefixOf(main.address, length) as Ipv6Prefix;
  because('ipv6.address', `it is on ${main.link}${main.isDynamic ? ' (by router advertisement or DHCPv6)' : ''}`);
  because(
    'ipv6.gateway',
    `the default route of IPv6 leads to it${route.protocol === 'ra' ? ' (by router advertisement)' : ''}`,
  );
  const { mode, reason } = importMode(work, route, prefix);
  because('ipv6.mode', reason);
  return { prefix, address: main.address as Ipv6Address, gateway: route.via as Ipv6Address, mode };
}

/** Those on the outside first, then on any other link; lasting ones before temporary ones. */
function publicAddresses({ scene, outside }: Import): AddressFact[] {
  return scene.facts.addresses
    .filter(({ family, scope, address }) => family === 'ipv6' && scope === 'global' && !isPrivate(address))
    .sort((a, b) => rank(a, outside.name) - rank(b, outside.name))
    .filter(({ link }, _index, all) => link === outside.name || all.every((one) => one.link !== outside.name));
}

function rank({ link, isDynamic }: AddressFact, outside: string): number {
  return (link === outside ? 0 : 2) + (isDynamic ? 1 : 0);
}

function importLength({ scene, because }: Import, main: AddressFact, own: readonly AddressFact[]): number {
  if (main.prefixLength <= USUAL_LENGTH) {
    because('ipv6.prefix', `the network of ${main.address}/${main.prefixLength} on ${main.link}`);
    return main.prefixLength;
  }
  // The host has one address alone; the rest may be on a bridge for guests.
  const wider = scene.facts.addresses.find(
    ({ family, scope, address, prefixLength }) =>
      family === 'ipv6' &&
      scope === 'global' &&
      prefixLength <= USUAL_LENGTH &&
      covers(prefixOf(address, prefixLength), main.address),
  );
  if (wider !== undefined && !own.includes(wider)) {
    because(
      'ipv6.prefix',
      `the network of ${wider.address}/${wider.prefixLength} on ${wider.link}, in which ${main.address} is`,
    );
    return wider.prefixLength;
  }
  because(
    'ipv6.prefix',
    `${main.address}/${main.prefixLength} is an address alone; a /${USUAL_LENGTH} is supposed around it: compare with the provider's page`,
  );
  return USUAL_LENGTH;
}

function importMode(
  { owners, scene, provider, uplink, outside }: Import,
  route: RouteFact,
  prefix: string,
): { mode: Ipv6Mode; reason: string } {
  const gateway = route.via ?? '';
  const { modes, gateway: usual } = provider.ipv6;
  const delegated = scene.intent.dynamic.find(
    ({ link, method }) => method === 'delegated' && (link === uplink.name || link === outside.name),
  );
  if (delegated !== undefined) {
    const { path, line } = delegated.spot;
    return { mode: 'delegated', reason: `${path}:${line} asks for a delegated prefix (DHCPv6)` };
  }
  const isInside = covers(prefix, gateway);
  if (modes.length === 1 && modes[0] !== undefined && !(modes[0] === 'routed' && isInside)) {
    const fits = usual === null || usual === gateway ? '' : `, although the gateway is not ${usual}`;
    return { mode: modes[0], reason: `${provider.title}: ${WORDS[modes[0]]}${fits}` };
  }
  // From here on it is a guess.
  if (owners?.ipv6?.prefix === prefix) return { mode: owners.ipv6.mode, reason: 'host.yaml says so' };
  if (!isLinkLocal(gateway)) {
    const where = isInside ? 'in the prefix' : 'outside the prefix';
    return {
      mode: 'on-link',
      reason: `the gateway ${gateway} is ${where}: its router asks for each address on the wire`,
    };
  }
  return {
    mode: 'on-link',
    reason: `it cannot be told from here whether ${gateway} asks for each address or routes them; on-link is supposed, which works either way`,
  };
}

/**
 * The way in which the provider delivers every prefix, where host.yaml says another one: what was supposed before the provider was known.
 *
 * @returns null where the two agree, or the provider has several ways
 */
export function onlyMode({ prefix, gateway, mode }: HostIpv6, { ipv6: { modes } }: Provider): Ipv6Mode | null {
  const [only, ...others] = modes;
  if (only === undefined || others.length > 0 || only === mode) return null;
  return only === 'routed' && covers(prefix, gateway) ? null : only;
}

const WORDS: Record<Ipv6Mode, string> = {
  routed: "the prefix is routed to the link-local address of the uplink's MAC",
  'on-link': 'the router asks for each address on the wire',
  delegated: 'the prefix is kept alive by DHCPv6 prefix delegation',
};
