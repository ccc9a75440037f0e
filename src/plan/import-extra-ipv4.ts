import type { Ipv4Address, Ipv4Prefix } from '../base/address.ts';
import type { ExtraIpv4, HostIpv4 } from '../model/host-config.ts';
import { covers, isPrivate, lengthOf, prefixOf } from './address-reach.ts';
import type { Import } from './import-host.ts';
import { isMain } from './network-scene.ts';

/** Something that shows that a public prefix is this host's. */
interface Trace {
  /** `198.51.100.20/32`, `203.0.113.0/29` */
  prefix: string;
  reason: string;
}

/** Taps of Lodge's own guests: what is behind them stands in host.yaml already. */
const OUR_TAP = /^lg[0-9a-f]/;

/**
 * IPv4 beyond the main address: further addresses of the host's (aliases, addresses alone), subnets on links that lead inside, routes to
 * them, and what the kernel answers ARP for. What the provider gave and nobody has configured yet cannot be seen: the owner adds it.
 *
 * @param own the host's own address, also where `main` is not known because nobody names its gateway
 */
export function importExtraIpv4(work: Import, main: HostIpv4 | null, own: string | null): ExtraIpv4[] {
  const found: Trace[] = [];
  for (const trace of [...tracesOfAddresses(work, own), ...tracesOfRoutes(work), ...tracesOfProxies(work)]) {
    if (!isExtra(trace.prefix, main, own) || found.some(({ prefix }) => covers(prefix, trace.prefix))) continue;
    found.push(trace);
  }
  const widest = found.filter((one) => !found.some((other) => other !== one && covers(other.prefix, one.prefix)));
  return widest.map(({ prefix, reason }, index) => {
    const isSingle = lengthOf(prefix) === 32;
    const unless = isSingle ? '' : ' (if the provider can move it to another host: kind: failover)';
    work.because(`extraIpv4[${index}]`, `${reason}${unless}`);
    if (!isSingle) return { kind: 'subnet', prefix: prefix as Ipv4Prefix };
    return { kind: 'single', address: prefix.slice(0, -3) as Ipv4Address, gateway: null, mac: null };
  });
}

function isExtra(prefix: string, main: HostIpv4 | null, own: string | null): boolean {
  const [address = ''] = prefix.split('/');
  if (prefix === 'default' || isPrivate(address) || lengthOf(prefix) < 8 || covers('224.0.0.0/3', address))
    return false;
  if (own !== null && covers(prefix, own)) return false;
  if (main === null) return true;
  // The main network is the provider's; only further addresses alone in it are this host's.
  return address !== main.gateway;
}

function tracesOfAddresses({ scene, outside }: Import, own: string | null): Trace[] {
  return scene.facts.addresses.flatMap(({ family, link, address, prefixLength, peer, scope }) => {
    if (family !== 'ipv4' || scope === 'link' || OUR_TAP.test(link) || address === own) return [];
    const isAlone = link === outside.name || peer !== null || prefixLength === 32;
    const prefix = isAlone ? `${address}/32` : prefixOf(address, prefixLength);
    return [{ prefix, reason: isAlone ? `${address} is on ${link} too` : `${address}/${prefixLength} is on ${link}` }];
  });
}

function tracesOfRoutes({ scene, outside }: Import): Trace[] {
  return scene.facts.routes.flatMap((route) => {
    const { family, destination, link, protocol, type, via } = route;
    if (family !== 'ipv4' || !isMain(route) || protocol === 'kernel' || destination === 'default') return [];
    if (link === outside.name || (link !== null && OUR_TAP.test(link))) return [];
    if (type !== 'unicast')
      return [{ prefix: destination, reason: `a route makes ${destination} ${type} on this host` }];
    return [{ prefix: destination, reason: `a route leads ${destination} to ${via ?? link}` }];
  });
}

function tracesOfProxies({ scene, uplink, outside }: Import): Trace[] {
  return scene.facts.neighbours
    .filter(
      ({ isProxy, family, link }) => isProxy && family === 'ipv4' && (link === outside.name || link === uplink.name),
    )
    .map(({ address, link }) => ({ prefix: `${address}/32`, reason: `the kernel answers for ${address} on ${link}` }));
}
