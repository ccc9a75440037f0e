import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostConfig } from '../../src/model/host-config.ts';
import type { LinkFact, NetworkFacts } from '../../src/model/network-facts.ts';
import { parseHostYaml } from '../../src/parse/host-yaml.ts';
import { sceneOf } from '../../src/plan/network-scene.ts';
import {
  addressFact,
  bridgedFacts,
  HOST,
  linkFact,
  MAC,
  networkFixture,
  proxyFact,
  routeFact,
} from './network-sample.ts';

export interface TroubledHost {
  facts: NetworkFacts;
  host: HostConfig | null;
}

/** Something that somebody did to a host. */
type Trouble = (one: TroubledHost, names: { uplink: string; outside: string }) => TroubledHost;

const GUEST = '52:54:00:12:34:56';

/** br0 over eth0, as each program's files say it. The stanza is not where everybody looks. */
const BRIDGES: [NetworkFacts['files'], Partial<NetworkFacts['services']>][] = [
  [
    [
      file('/etc/network/interfaces', 'auto lo\niface lo inet loopback\nsource interfaces.d/*\n'),
      file(
        '/etc/network/interfaces.d/uplink',
        'auto br0\niface br0 inet static\n    bridge_ports eth0\n    bridge_stp on\n    address 192.0.2.200/32\n    pointopoint 192.0.2.193\n    gateway 192.0.2.193\n\niface br0 inet6 static\n    address 2001:db8:1:2::2/128\n    gateway fe80::1\n',
      ),
    ],
    { networking: 'active' },
  ],
  [
    [
      file('/etc/systemd/network/br0.netdev', '[NetDev]\nName=br0\nKind=bridge\n\n[Bridge]\nSTP=yes\n'),
      file('/etc/systemd/network/eth0.network', '[Match]\nName=eth0\n\n[Network]\nBridge=br0\n'),
      file(
        '/etc/systemd/network/br0.network',
        '[Match]\nName=br0\n\n[Address]\nAddress=192.0.2.200/32\nPeer=192.0.2.193/32\n\n[Network]\nAddress=2001:db8:1:2::2/128\nGateway=192.0.2.193\nGateway=fe80::1\n',
      ),
    ],
    { networking: 'absent', networkd: 'active' },
  ],
  [
    [
      file(
        '/etc/netplan/60-bridge.yaml',
        'network:\n  version: 2\n  ethernets:\n    eth0: {}\n  bridges:\n    br0:\n      interfaces: [eth0]\n      parameters:\n        stp: true\n        forward-delay: 4\n      addresses: [192.0.2.200/32, "2001:db8:1:2::2/128"]\n      routes:\n        - {to: default, via: 192.0.2.193, on-link: true}\n        - {to: "::/0", via: "fe80::1"}\n',
      ),
    ],
    { networking: 'absent', networkd: 'active', hasNetplan: true },
  ],
  [
    [
      file(
        '/etc/NetworkManager/system-connections/Bridge.nmconnection',
        '[connection]\nid=Bridge\nuuid=1\ntype=bridge\ninterface-name=br0\n\n[bridge]\nstp=true\n\n[ipv4]\nmethod=manual\naddress1=192.0.2.200/26,192.0.2.193\n\n[ipv6]\nmethod=manual\naddress1=2001:db8:1:2::2/128,fe80::1\n',
      ),
      file(
        '/etc/NetworkManager/system-connections/Port.nmconnection',
        '[connection]\nid=Port\nuuid=2\ntype=ethernet\ninterface-name=eth0\ncontroller=1\nport-type=bridge\n',
      ),
    ],
    { networking: 'absent', networkManager: 'active' },
  ],
];

function file(path: string, text: string) {
  return { path, text, mode: 0o644 };
}

/** Hosts with nothing wrong, each with its host.yaml and without one. */
export const SOUND_HOSTS: TroubledHost[] = [...ofFixtures(), ...ofBridges()];

function ofFixtures(): TroubledHost[] {
  const directory = join(import.meta.dirname, '../fixtures/network');
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name): TroubledHost[] => {
      const facts = networkFixture(name.replace('.json', ''));
      try {
        const host = parseHostYaml(readFileSync(join(directory, name.replace('.json', '.host.yaml')), 'utf8'));
        return [{ facts, host: null }, ...(host.ok ? [{ facts, host: host.config }] : [])];
      } catch {
        return [{ facts, host: null }];
      }
    });
}

function ofBridges(): TroubledHost[] {
  return BRIDGES.flatMap(([files, more]) => {
    const bridged = bridgedFacts();
    const facts = { ...bridged, files, services: { ...bridged.services, ...more } };
    return [
      { facts, host: null },
      { facts, host: HOST },
    ];
  });
}

/** Of each thing that `lodge net explain` looks for and that can be mended by what runs: how it comes about. */
export const TROUBLES: Record<string, Trouble> = {
  'the bridge has another MAC': (one, { outside }) => onBridge(one, outside, { mac: '0a:00:00:00:00:01' }),
  'the spanning tree is on': (one, { outside }) =>
    onBridge(one, outside, { bridge: { stp: true, forwardDelayMs: 15_000, vlanFiltering: false } }),
  'a port has an address': (one, { uplink, outside }) =>
    uplink === outside ? one : withAddress(withAddress(one, uplink, '192.0.2.222/26'), uplink, '2001:db8:9::1/64'),
  'an address came by hand': (one, { outside }) => withAddress(one, outside, '198.51.100.200/24'),
  'an address is gone': (one) => ({
    ...one,
    facts: { ...one.facts, addresses: one.facts.addresses.filter(({ scope }) => scope !== 'global') },
  }),
  'a route came by hand': (one, { outside }) =>
    withRoute(one, routeFact('198.18.0.0/15', { via: '192.0.2.193', link: outside, metric: 50, isOnLink: true })),
  'the same route came twice': (one, { outside }) =>
    withRoute(one, routeFact('198.18.0.0/15', { via: '192.0.2.193', link: outside, metric: 70, isOnLink: true })),
  'a gateway is stranded': (one, { outside }) =>
    withRoute(one, routeFact('198.20.0.0/16', { via: '203.0.113.250', link: outside, metric: 100 })),
  'one of another table is': (one, { outside }) => ({
    ...withRoute(one, routeFact('198.21.0.0/16', { via: '203.0.113.251', link: outside, table: '77' })),
  }),
  'routes are gone': (one) => ({
    ...one,
    facts: { ...one.facts, routes: one.facts.routes.filter(({ via }) => via === null) },
  }),
  'a second default route': (one, { outside }) => withDefault(one, '192.0.2.194', outside),
  'a third one': (one, { outside }) => withDefault(one, '192.0.2.195', outside),
  'two of IPv6': (one, { outside }) => withDefault(withDefault(one, 'fe80::a', outside), 'fe80::b', outside),
  'the default route is inside': (one) => ({
    ...one,
    facts: {
      ...one.facts,
      links: [...one.facts.links, linkFact('br9', { index: 90, kind: 'bridge', mac: '0a:00:00:00:00:09' })],
      routes: one.facts.routes.map((route) => (route.destination === 'default' ? { ...route, link: 'br9' } : route)),
    },
  }),
  'ARP is answered for all': (one, { outside }) =>
    withSettings(one, { 'net/ipv4/ip_forward': '1', [`net/ipv4/conf/${outside}/proxy_arp`]: '1' }),
  'and so by every link': (one) => withSettings(one, { 'net/ipv4/conf/all/proxy_arp': '1' }),
  'an inner network': (one) =>
    withAddress(withLink(one, linkFact('br8', { index: 80, kind: 'bridge' })), 'br8', '10.0.0.1/24'),
  'advertisements stop': (one, { outside }) =>
    withSettings(
      withRoute(one, routeFact('default', { via: 'fe80::9', link: outside, protocol: 'ra', metric: 1024 })),
      {
        [`net/ipv6/conf/${outside}/forwarding`]: '1',
        [`net/ipv6/conf/${outside}/accept_ra`]: '1',
      },
    ),
  'it forwards': (one) => withSettings(one, { 'net/ipv4/ip_forward': '1', 'net/ipv6/conf/all/forwarding': '1' }),
  'a second way out is checked strictly': (one) =>
    withSettings(
      withRoute(
        withLink(one, linkFact('eth7', { index: 70 })),
        routeFact('default', { via: '198.51.100.1', link: 'eth7', metric: 900, isOnLink: true }),
      ),
      { 'net/ipv4/conf/eth7/rp_filter': '1' },
    ),
  "a VLAN of the provider's": (one, { outside }) =>
    withLink(one, linkFact('vlan4000', { index: 60, kind: 'vlan', vlanId: 4000, parent: outside })),
  'a dummy beside the uplink': (one, { uplink, outside }) =>
    uplink === outside ? one : withLink(one, linkFact('dummy7', { index: 50, kind: 'dummy', master: outside })),
  'the link-local address is another': (one, { outside }) => ({
    ...one,
    facts: {
      ...one.facts,
      links: one.facts.links.map((link) => (link.name === outside ? { ...link, addrGenMode: 'none' } : link)),
      addresses: one.facts.addresses.filter(({ address }) => !address.startsWith('fe80:')),
    },
  }),
  'guests without a proxy entry': (one, { outside }) => {
    const prefix = one.host?.ipv6?.prefix.split('::/')[0] ?? '2001:db8:1:2';
    const tap = withLink(one, linkFact('tap7', { index: 40, kind: 'tun', mac: `fe:${GUEST.slice(3)}` }));
    const routed = ['a1', 'a2'].reduce(
      (now, end) => withRoute(now, routeFact(`${prefix}::${end}/128`, { link: 'tap7' })),
      tap,
    );
    const neighbours = [...routed.facts.neighbours, proxyFact(outside, `${prefix}::a1`)];
    return { ...routed, facts: { ...routed.facts, neighbours } };
  },
  'a guest on the bridge': (one, { uplink, outside }) =>
    uplink === outside
      ? one
      : withEntry(withLink(one, linkFact('tap6', { index: 41, kind: 'tun', master: outside })), outside, 'tap6'),
  'its frames come back': (one, { uplink, outside }) =>
    uplink === outside
      ? one
      : withEntry(
          withLink(one, linkFact('tap7', { index: 42, kind: 'tun', mac: `fe:${GUEST.slice(3)}` })),
          outside,
          uplink,
        ),
  'frames pass the firewall': (one) => withSettings(one, { 'net/bridge/bridge-nf-call-iptables': '1' }),
  'a second program has a file': (one, { outside }) => ({
    ...one,
    facts: {
      ...one.facts,
      services: { ...one.facts.services, systemd: true, networking: 'active', networkd: 'active' },
      files: [
        ...one.facts.files,
        file('/etc/network/interfaces.d/second', `auto ${outside}\niface ${outside} inet dhcp\n`),
        file('/etc/systemd/network/90-second.network', `[Match]\nName=${outside}\n[Network]\nDHCP=yes\n`),
      ],
    },
  }),
  'nothing brings its links up': (one) => ({
    ...one,
    facts: {
      ...one.facts,
      files: one.facts.files.map((written) => ({
        ...written,
        text: written.text
          .replace(/^auto (?!lo)/gm, '# auto ')
          .replace(/^id=.*$/m, '$&\nautoconnect=false')
          .replace(/^( +)interfaces:/m, '$1activation-mode: manual\n$&'),
      })),
    },
  }),
  'nothing reads the files': (one) => ({
    ...one,
    facts: {
      ...one.facts,
      services: {
        ...one.facts.services,
        ...{ systemd: true, networking: 'inactive', networkd: 'inactive', networkManager: 'absent' },
      },
    },
  }),
  'ifupdown was removed': (one) => ({
    ...one,
    facts: { ...one.facts, services: { ...one.facts.services, systemd: true, networking: 'absent' } },
  }),
  'the card has another MAC than host.yaml': (one) =>
    one.host === null ? one : { ...one, host: { ...one.host, uplink: { ...one.host.uplink, mac: mac(GUEST) } } },
  'somebody set its MAC': (one, { uplink }) => ({
    ...one,
    facts: {
      ...one.facts,
      links: one.facts.links.map((link) =>
        link.name === uplink ? { ...link, mac: GUEST, permanentMac: link.permanentMac ?? MAC } : link,
      ),
    },
  }),
  'host.yaml has another address': (one) =>
    one.host?.ipv4 == null
      ? one
      : { ...one, host: { ...one.host, ipv4: { ...one.host.ipv4, address: '192.0.2.199' as never } } },
  'host.yaml names another provider': (one) =>
    one.host === null ? one : { ...one, host: { ...one.host, provider: 'ovh' } },
  'host.yaml names another mode': (one) =>
    one.host?.ipv6 == null ? one : { ...one, host: { ...one.host, ipv6: { ...one.host.ipv6, mode: 'on-link' } } },
};

export function troubled(host: TroubledHost, names: readonly string[]): TroubledHost {
  return names.reduce((now, name) => {
    const parts = { facts: host.facts, host: host.host, owner: 'none', provider: null } as const;
    const { uplink, outside } = sceneOf({ ...parts, intent: { links: [] } as never });
    return TROUBLES[name]?.(now, { uplink: uplink?.name ?? 'eth0', outside: outside?.name ?? 'eth0' }) ?? now;
  }, host);
}

const mac = (text: string) => text as HostConfig['uplink']['mac'];

function onBridge(one: TroubledHost, name: string, changed: Partial<LinkFact>): TroubledHost {
  const links = one.facts.links.map((link) =>
    link.name === name && link.kind === 'bridge' ? { ...link, ...changed } : link,
  );
  return { ...one, facts: { ...one.facts, links } };
}

function withLink(one: TroubledHost, link: LinkFact): TroubledHost {
  const others = one.facts.links.filter(({ name }) => name !== link.name);
  return { ...one, facts: { ...one.facts, links: [...others, link] } };
}

function withAddress(one: TroubledHost, link: string, text: string): TroubledHost {
  return { ...one, facts: { ...one.facts, addresses: [...one.facts.addresses, addressFact(link, text)] } };
}

function withRoute(one: TroubledHost, route: NetworkFacts['routes'][number]): TroubledHost {
  return { ...one, facts: { ...one.facts, routes: [...one.facts.routes, route] } };
}

/** With the metric that the best one has. */
function withDefault(one: TroubledHost, via: string, link: string): TroubledHost {
  const family = via.includes(':') ? 'ipv6' : 'ipv4';
  const best = one.facts.routes.find((route) => route.destination === 'default' && route.family === family);
  return withRoute(one, routeFact('default', { family, via, link, metric: best?.metric ?? null, isOnLink: true }));
}

function withSettings(one: TroubledHost, sysctls: Record<string, string>): TroubledHost {
  return { ...one, facts: { ...one.facts, sysctls: { ...one.facts.sysctls, ...sysctls } } };
}

function withEntry(one: TroubledHost, bridge: string, port: string): TroubledHost {
  const entry = { bridge, port, mac: GUEST, isLocal: false };
  return { ...one, facts: { ...one.facts, forwardingDatabase: [...one.facts.forwardingDatabase, entry] } };
}
