import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostConfig } from '../../src/model/host-config.ts';
import type { AddressFact, LinkFact, NeighbourFact, NetworkFacts, RouteFact } from '../../src/model/network-facts.ts';
import type { IntentRoute, NetworkIntent, NetworkOwner } from '../../src/model/network-intent.ts';
import { EMPTY_INTENT } from '../../src/model/network-intent.ts';
import { PROVIDERS } from '../../src/model/providers/providers.ts';
import { type NetworkScene, sceneOf } from '../../src/plan/network-scene.ts';

/** Of the documentation's host: network.md's addresses, the uplink's MAC as in the fixtures. */
export const MAC = '90:1b:0e:12:34:56';

/** One of test/fixtures/network, without `.json`. */
export function networkFixture(name: string): NetworkFacts {
  return JSON.parse(readFileSync(join(import.meta.dirname, `../fixtures/network/${name}.json`), 'utf8'));
}

export function linkFact(name: string, more: Partial<LinkFact> = {}): LinkFact {
  const bridge = more.kind === 'bridge' ? { stp: false, forwardDelayMs: 0, vlanFiltering: false } : null;
  const bridgePort = more.master === undefined ? null : { state: 'forwarding', isolated: false, learning: true };
  return {
    index: 2,
    name,
    kind: null,
    mac: MAC,
    permanentMac: null,
    mtu: 1500,
    flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
    operState: 'UP',
    master: null,
    parent: null,
    vlanId: null,
    alias: null,
    altNames: [],
    addrGenMode: 'eui64',
    bridge,
    bridgePort,
    ...more,
  };
}

/** `addressFact('eth0', '192.0.2.200/32', {peer: '192.0.2.193'})` */
export function addressFact(link: string, text: string, more: Partial<AddressFact> = {}): AddressFact {
  const [address = '', length] = text.split('/');
  return {
    link,
    family: address.includes(':') ? 'ipv6' : 'ipv4',
    address,
    prefixLength: Number(length),
    peer: null,
    scope: address.startsWith('fe80:') ? 'link' : 'global',
    isDynamic: false,
    noPrefixRoute: false,
    isTentative: false,
    preferredSec: null,
    ...more,
  };
}

/** `routeFact('default', {via: '192.0.2.193', link: 'eth0'})` */
export function routeFact(destination: string, more: Partial<RouteFact> = {}): RouteFact {
  const isIpv6 = destination.includes(':') || (more.via ?? '').includes(':');
  return {
    family: isIpv6 ? 'ipv6' : 'ipv4',
    destination,
    type: 'unicast',
    via: null,
    link: null,
    source: null,
    metric: null,
    protocol: 'boot',
    scope: null,
    table: 'main',
    isOnLink: false,
    flags: [],
    ...more,
  };
}

export function proxyFact(link: string, address: string): NeighbourFact {
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  return { link, family, address, mac: null, state: 'NOARP', isProxy: true, isRouter: false };
}

/** `intentRoute('192.0.2.192/26', {via: '192.0.2.193', link: 'eth0'})`: an `up` line in the stanza of that link. */
export function intentRoute(destination: string, more: Partial<IntentRoute> = {}): IntentRoute {
  const isIpv6 = destination.includes(':') || (more.via ?? '').includes(':');
  return {
    family: isIpv6 ? 'ipv6' : 'ipv4',
    destination,
    type: 'unicast',
    via: null,
    link: null,
    context: more.link ?? 'eth0',
    metric: null,
    isOnLink: false,
    form: 'command',
    spot: { path: '/etc/network/interfaces', line: 15 },
    ...more,
  };
}

/** A host with one card and nothing odd: /32 with the gateway as its other end, and a routed /64. */
export function quietFacts(): NetworkFacts {
  return {
    version: 1,
    takenAtMs: 0,
    hostname: 'host',
    kernelRelease: '6.1.0',
    links: [
      linkFact('lo', { index: 1, mac: '00:00:00:00:00:00', flags: ['LOOPBACK', 'UP', 'LOWER_UP'] }),
      linkFact('eth0', { permanentMac: MAC }),
    ],
    addresses: [
      addressFact('eth0', '192.0.2.200/32', { peer: '192.0.2.193' }),
      addressFact('eth0', '2001:db8:1:2::2/128'),
      addressFact('eth0', 'fe80::921b:eff:fe12:3456/64'),
    ],
    routes: [
      routeFact('default', { via: '192.0.2.193', link: 'eth0' }),
      routeFact('192.0.2.193/32', { link: 'eth0', protocol: 'kernel', scope: 'link' }),
      routeFact('default', { via: 'fe80::1', link: 'eth0', protocol: 'static' }),
    ],
    rules: [],
    neighbours: [],
    forwardingDatabase: [],
    sysctls: {},
    firewall: { chains: [], hasDocker: false, guard: null },
    services: {
      systemd: true,
      networking: 'active',
      hasIfupdown2: false,
      networkd: 'absent',
      networkManager: 'absent',
      hasNetplan: false,
      cloudInit: 'absent',
    },
    files: [],
    abilities: { netdevEgress: true, bridgeUtils: true },
  };
}

/** The same host, its address moved to br0 over eth0, with the MAC it has to have. */
export function bridgedFacts(): NetworkFacts {
  const facts = quietFacts();
  const moved = <T extends { link: string | null }>(one: T): T => (one.link === 'eth0' ? { ...one, link: 'br0' } : one);
  return {
    ...facts,
    links: [
      ...facts.links.map((link) =>
        link.name === 'eth0' ? linkFact('eth0', { permanentMac: MAC, master: 'br0' }) : link,
      ),
      linkFact('br0', { index: 3, kind: 'bridge' }),
    ],
    addresses: facts.addresses.map(moved),
    routes: facts.routes.map(moved),
  };
}

export const HOST = {
  version: 1,
  provider: 'hetzner',
  uplink: { name: 'eth0', mac: MAC },
  ipv4: { address: '192.0.2.200', prefixLength: 26, gateway: '192.0.2.193' },
  ipv6: { prefix: '2001:db8:1:2::/64', address: '2001:db8:1:2::2', gateway: 'fe80::1', mode: 'routed' },
  extraIpv4: [],
} as unknown as HostConfig;

interface SceneParts {
  facts?: NetworkFacts;
  intent?: Partial<NetworkIntent>;
  host?: HostConfig | null;
  owner?: NetworkOwner;
  provider?: keyof typeof PROVIDERS | null;
}

/** A scene of its parts; what is left out is quiet. */
export function sampleScene(parts: SceneParts = {}): NetworkScene {
  const { facts = quietFacts(), intent = {}, host = null, owner = 'ifupdown', provider = null } = parts;
  return sceneOf({
    facts,
    intent: { ...EMPTY_INTENT, ...intent },
    host,
    owner,
    provider: provider === null ? null : PROVIDERS[provider],
  });
}
