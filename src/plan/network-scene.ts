import type { HostConfig } from '../model/host-config.ts';
import type { AddressFact, Family, LinkFact, NetworkFacts, RouteFact } from '../model/network-facts.ts';
import type { NetworkIntent, NetworkOwner } from '../model/network-intent.ts';
import type { Provider } from '../model/provider.ts';
import { isPrivate } from './address-reach.ts';

/** Facts and files with the parts named that every rule asks for. */
export interface NetworkScene {
  facts: NetworkFacts;
  intent: NetworkIntent;
  host: HostConfig | null;
  owner: NetworkOwner;
  /** As host.yaml says or the signs tell; null where nothing tells. */
  provider: Provider | null;
  /** The link to the provider: host.yaml's, else the one the default route leads to in the end. */
  uplink: LinkFact | null;
  /** The bridge that the uplink is a port of. */
  uplinkBridge: LinkFact | null;
  /** Where the host's own addresses and routes belong: the bridge over the uplink, else the uplink. */
  outside: LinkFact | null;
}

type SceneParts = Pick<NetworkScene, 'facts' | 'intent' | 'host' | 'owner' | 'provider'>;

export function sceneOf(parts: SceneParts): NetworkScene {
  const { facts, host } = parts;
  const uplink = (host === null ? null : linkNamed(facts, host.uplink.name)) ?? findUplink(facts);
  const master = linkNamed(facts, uplink?.master ?? '');
  const uplinkBridge = master?.kind === 'bridge' ? master : null;
  return { ...parts, uplink, uplinkBridge, outside: uplinkBridge ?? uplink };
}

/** By any of its names: what files and host.yaml say may be another one than the kernel prints. */
export function linkNamed({ links }: NetworkFacts, name: string): LinkFact | null {
  return links.find((link) => link.name === name) ?? links.find(({ altNames }) => altNames.includes(name)) ?? null;
}

export function portsOf(facts: NetworkFacts, bridge: string): LinkFact[] {
  return facts.links.filter(({ master }) => master === bridge);
}

/** Default routes that carry packets, of the main table, the preferred one first. */
export function defaultRoutes(facts: NetworkFacts, family?: Family): RouteFact[] {
  return facts.routes
    .filter((route) => route.destination === 'default' && route.type === 'unicast' && isMain(route))
    .filter((route) => family === undefined || route.family === family)
    .sort((a, b) => metricOf(a) - metricOf(b));
}

export function isMain({ table }: RouteFact): boolean {
  return table === 'main' || table === '254';
}

export function metricOf({ metric, family }: Pick<RouteFact, 'metric' | 'family'>): number {
  return metric ?? (family === 'ipv4' ? 0 : 1024);
}

/** Addresses that are meant for others: not loopback, not link-local. */
export function globalAddresses(facts: NetworkFacts, link: string): AddressFact[] {
  return facts.addresses.filter((address) => address.link === link && address.scope === 'global');
}

/** A switch of net/ipv4/conf/LINK as the kernel obeys it where `all` and the link's own are both counted in. */
export function effectiveSetting(facts: NetworkFacts, link: string, name: string): number {
  const value = (place: string) => Number(facts.sysctls[`net/ipv4/conf/${place}/${name}`] ?? 0);
  return Math.max(value('all'), value(link));
}

export function forwards(facts: NetworkFacts, family: Family): boolean {
  const path = family === 'ipv4' ? 'net/ipv4/ip_forward' : 'net/ipv6/conf/all/forwarding';
  return facts.sysctls[path] === '1';
}

/** Bridges that another program makes and minds: Docker, libvirt, LXD, Incus, CNI, Podman, Proxmox' firewall. */
export function isOthersBridge({ name }: LinkFact): boolean {
  return /^(docker\d|br-[0-9a-f]{12}$|virbr|lxcbr|lxdbr|incusbr|cni|podman|fwbr)/.test(name);
}

/** Links through which a bridge can lead anywhere: not a dummy, not a guest's tap. */
export function canLeadOut({ kind }: LinkFact): boolean {
  return kind !== 'dummy' && kind !== 'tun' && kind !== 'bridge';
}

function findUplink(facts: NetworkFacts): LinkFact | null {
  const routed = defaultRoutes(facts).map(({ link }) => link ?? '');
  // Where there is no default route any more: whatever has an address that others can reach.
  const addressed = facts.addresses.filter(({ scope, address }) => scope === 'global' && !isPrivate(address));
  const hardware = facts.links.filter(({ kind, flags }) => kind === null && !flags.includes('LOOPBACK'));
  const inside = hardware.filter(({ name }) => globalAddresses(facts, name).length > 0);
  const names = [...routed, ...addressed.map(({ link }) => link), ...inside.map(({ name }) => name)];
  for (const name of names) {
    const link = linkNamed(facts, name);
    if (link === null || link.flags.includes('LOOPBACK')) continue;
    const uplink = link.kind === 'bridge' ? uplinkPort(facts, link) : link;
    if (uplink !== null && (routed.includes(name) || canLeadOut(uplink))) return uplink;
  }
  return null;
}

/** The port of a bridge that leads out: a card, else the one that the bridge has its MAC from. */
function uplinkPort(facts: NetworkFacts, bridge: LinkFact): LinkFact | null {
  const ports = portsOf(facts, bridge.name).filter(canLeadOut);
  return ports.find(({ kind }) => kind === null) ?? ports.find(({ mac }) => mac === bridge.mac) ?? ports[0] ?? null;
}
