import type { Problem } from '../../base/errors.ts';
import type { HostConfig } from '../../model/host-config.ts';
import { isPlainLinkName, PLAIN_LINK_RULE } from '../../model/link-name.ts';
import type { GuardHook } from '../../model/network-change.ts';
import type { AddressFact, LinkFact, NetworkFacts, RouteFact } from '../../model/network-facts.ts';
import type { NetworkOwner } from '../../model/network-intent.ts';
import { otherGateways } from './other-gateways.ts';

/** What the planner of every layout wants to know of a host, read out of the facts once. */
export interface Situation {
  facts: NetworkFacts;
  host: HostConfig;
  owner: NetworkOwner;
  /** The NIC to the provider. */
  uplink: LinkFact;
  /** The link that has the host's addresses: the uplink itself, or the bridge it is a port of. */
  layer3: LinkFact;
  /** Addresses of `layer3` that are not link-local, in the order the kernel has them. */
  addresses: AddressFact[];
  /** Routes over `layer3` that somebody made (not the kernel, for an address). */
  routes: RouteFact[];
  guardHook: GuardHook;
  /** Every MAC that may leave the uplink. */
  allowedMacs: string[];
}

export type SituationReading = { ok: true; value: Situation } | { ok: false; problems: Problem[] };

/** Says everything that stands against any layout at once. */
export function readSituation(facts: NetworkFacts, host: HostConfig, owner: NetworkOwner): SituationReading {
  const { name, mac } = host.uplink;
  const uplink = facts.links.find((link) => link.name === name);
  if (uplink === undefined) return { ok: false, problems: [missingUplink(facts, host)] };
  const problems: Problem[] = [];
  if (uplink.mac !== mac) {
    problems.push({ path: 'uplink.mac', rule: `must be ${uplink.mac ?? 'one'}, the MAC that ${name} has`, value: mac });
  }
  const layer3 = facts.links.find((link) => link.name === uplink.master) ?? uplink;
  const addresses = facts.addresses.filter(({ link, scope }) => link === layer3.name && scope !== 'link');
  // The uplink's name has passed the schema of host.yaml.
  if (!isPlainLinkName(layer3.name)) {
    const rule = `${PLAIN_LINK_RULE}, because it is written into files: rename the bridge, then lodge net import`;
    problems.push({ path: `the bridge over ${name}`, rule, value: layer3.name });
  }
  problems.push(...missingAddresses(host, layer3, addresses), ...otherGateways(facts, host, layer3));
  if (problems.length > 0) return { ok: false, problems };
  const routes = facts.routes.filter(({ link, table, protocol }) => {
    return link === layer3.name && table === 'main' && protocol !== 'kernel';
  });
  const guardHook = facts.abilities.netdevEgress ? 'netdev-egress' : 'bridge';
  const allowedMacs = [mac, ...host.extraIpv4.flatMap((extra) => (extra.kind === 'single' ? (extra.mac ?? []) : []))];
  return {
    ok: true,
    value: { facts, host, owner, uplink, layer3, addresses, routes, guardHook, allowedMacs: [...new Set(allowedMacs)] },
  };
}

/** A NIC may have got another name; the MAC still tells which one it is. */
function missingUplink({ links }: NetworkFacts, { uplink: { name, mac } }: HostConfig): Problem {
  const renamed = links.find((link) => link.mac === mac && link.kind === null);
  const here = links.filter(({ kind }) => kind === null).map((link) => link.name);
  const rule =
    renamed === undefined
      ? `must be a link of this host; it has ${here.join(', ') || 'none of hardware'}`
      : `must be a link of this host; the MAC ${mac} is now on ${renamed.name}: was the NIC renamed? Write uplink.name: ${renamed.name}`;
  return { path: 'uplink.name', rule, value: name };
}

function missingAddresses({ ipv4, ipv6 }: HostConfig, { name }: LinkFact, addresses: AddressFact[]): Problem[] {
  const wanted = [
    ['ipv4.address', ipv4?.address],
    ['ipv6.address', ipv6?.address],
  ] as const;
  return wanted.flatMap(([path, address]) => {
    if (address === undefined || address === null || addresses.some((one) => one.address === address)) return [];
    return [{ path, rule: `must be an address of ${name}`, value: address }];
  });
}

/** The value of a kernel setting, `otherwise` where this kernel was not asked or has none. */
export function sysctlOf({ facts }: Situation, path: string, otherwise: string): string {
  return facts.sysctls[path] ?? otherwise;
}

export function hasIpv6({ facts, layer3 }: Situation): boolean {
  return facts.addresses.some(({ link, family }) => link === layer3.name && family === 'ipv6');
}
