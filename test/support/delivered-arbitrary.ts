import fc from 'fast-check';
import { ipv4FromNumber, ipv4ToNumber } from '../../src/base/address.ts';
import type { HostConfig } from '../../src/model/host-config.ts';
import type { NetworkFacts, RouteFact } from '../../src/model/network-facts.ts';
import { hostConfig } from './host-arbitrary.ts';
import { addressFact, linkFact, quietFacts, routeFact } from './network-sample.ts';

export interface Delivered {
  host: HostConfig;
  facts: NetworkFacts;
}

/** How a provider's image writes the same host. */
interface Manner {
  owner: 'ifupdown' | 'networkd';
  /** `pointopoint` or `Peer=`: the address has the gateway as its other end. */
  hasPeer: boolean;
  /** ifupdown: the `route add -net … gw` of Hetzner's image; only where the network is on the link. */
  hasHack: boolean;
  /** ifupdown: `address 192.0.2.2/26` and not with a `netmask` line of its own. */
  isShort: boolean;
  isStrict: boolean;
  isForwarding: boolean;
  hasBridgeUtils: boolean;
  hasEgress: boolean;
}

const manner: fc.Arbitrary<Manner> = fc.record({
  owner: fc.constantFrom('ifupdown', 'networkd'),
  hasPeer: fc.boolean(),
  hasHack: fc.boolean(),
  isShort: fc.boolean(),
  isStrict: fc.boolean(),
  isForwarding: fc.boolean(),
  hasBridgeUtils: fc.boolean(),
  hasEgress: fc.boolean(),
});

const name = fc.constantFrom('eth0', 'eno1', 'enp0s31f6', 'ens3', 'wan');

/** Hosts as providers deliver them, with the files that say so and host.yaml as its owner has completed it. */
export const deliveredHost: fc.Arbitrary<Delivered> = fc
  .tuple(hostConfig(name), manner)
  .filter(([host]) => host.ipv4 !== null || host.ipv6?.address != null)
  .map(([host, how]) => ({ host, facts: factsOf(host, how) }));

function factsOf(host: HostConfig, how: Manner): NetworkFacts {
  const quiet = quietFacts();
  const uplink = host.uplink.name;
  const addresses = quiet.addresses.filter(({ link }) => link === 'lo');
  const routes: RouteFact[] = [];
  const { ipv4, ipv6 } = host;
  if (ipv4 !== null) {
    const isAlone = how.hasPeer || ipv4.prefixLength === 32;
    const peer = how.hasPeer ? ipv4.gateway : null;
    addresses.push(addressFact(uplink, `${ipv4.address}/${isAlone ? 32 : ipv4.prefixLength}`, { peer }));
    routes.push(routeFact('default', { via: ipv4.gateway, link: uplink, isOnLink: needsOnLink(host, how) }));
    const network = networkOf(host);
    const hack = { via: ipv4.gateway, link: uplink };
    if (hasHack(host, how)) routes.push(routeFact(network, hack));
    if (!isAlone)
      routes.push(routeFact(network, { link: uplink, protocol: 'kernel', scope: 'link', source: ipv4.address }));
    if (how.hasPeer) routes.push(routeFact(`${ipv4.gateway}/32`, { link: uplink, protocol: 'kernel', scope: 'link' }));
  }
  if (ipv6 !== null && ipv6.address !== null) {
    addresses.push(addressFact(uplink, `${ipv6.address}/64`));
    routes.push(routeFact(ipv6.prefix, { link: uplink, protocol: 'kernel', metric: 256 }));
    routes.push(routeFact('default', { via: ipv6.gateway, link: uplink, protocol: 'static' }));
  }
  const isOn = (flag: boolean) => (flag ? '1' : '0');
  return {
    ...quiet,
    links: [
      quiet.links[0] ?? linkFact('lo'),
      linkFact(uplink, { mac: host.uplink.mac, permanentMac: host.uplink.mac }),
    ],
    addresses,
    routes,
    sysctls: {
      'net/ipv4/ip_forward': isOn(how.isForwarding),
      'net/ipv6/conf/all/forwarding': isOn(how.isForwarding),
      'net/ipv4/conf/all/rp_filter': isOn(how.isStrict),
      'net/ipv4/conf/default/rp_filter': isOn(how.isStrict),
      [`net/ipv4/conf/${uplink}/rp_filter`]: isOn(how.isStrict),
      'net/ipv4/conf/default/arp_ignore': '0',
    },
    services: {
      ...quiet.services,
      networking: how.owner === 'ifupdown' ? 'active' : 'absent',
      networkd: how.owner === 'networkd' ? 'active' : 'absent',
    },
    files: [
      how.owner === 'ifupdown'
        ? { path: '/etc/network/interfaces', text: interfacesOf(host, how), mode: 0o644 }
        : { path: `/etc/systemd/network/10-${uplink}.network`, text: networkOfNetworkd(host, how), mode: 0o644 },
    ],
    abilities: { netdevEgress: how.hasEgress, bridgeUtils: how.hasBridgeUtils },
  };
}

function interfacesOf(host: HostConfig, how: Manner): string {
  const { ipv4, ipv6, uplink } = host;
  const lines = ['auto lo', 'iface lo inet loopback', '', `auto ${uplink.name}`];
  if (ipv4 !== null) {
    const length = how.hasPeer ? 32 : ipv4.prefixLength;
    lines.push(`iface ${uplink.name} inet static`);
    if (how.isShort) lines.push(`  address ${ipv4.address}/${length}`);
    else lines.push(`  address ${ipv4.address}`, `  netmask ${maskOf(length)}`);
    if (how.hasPeer) lines.push(`  pointopoint ${ipv4.gateway}`);
    if (needsOnLink(host, how)) lines.push(`  up ip route add default via ${ipv4.gateway} dev ${uplink.name} onlink`);
    else lines.push(`  gateway ${ipv4.gateway}`);
    if (hasHack(host, how)) {
      const [net] = networkOf(host).split('/');
      lines.push(
        `  up route add -net ${net} netmask ${maskOf(ipv4.prefixLength)} gw ${ipv4.gateway} dev ${uplink.name}`,
      );
    }
  }
  if (ipv6 !== null && ipv6.address !== null) {
    lines.push('', `iface ${uplink.name} inet6 static`, `  address ${ipv6.address}`, '  netmask 64');
    lines.push(`  gateway ${ipv6.gateway}`);
  }
  return `${lines.join('\n')}\n`;
}

function networkOfNetworkd(host: HostConfig, how: Manner): string {
  const { ipv4, ipv6, uplink } = host;
  const lines = ['[Match]', `Name=${uplink.name}`, '', '[Network]'];
  if (ipv6 !== null && ipv6.address !== null) lines.push(`Address=${ipv6.address}/64`, `Gateway=${ipv6.gateway}`);
  if (ipv4 !== null) {
    const length = how.hasPeer ? 32 : ipv4.prefixLength;
    lines.push('', '[Address]', `Address=${ipv4.address}/${length}`);
    if (how.hasPeer) lines.push(`Peer=${ipv4.gateway}/32`);
    lines.push('', '[Route]', `Gateway=${ipv4.gateway}`);
    if (needsOnLink(host, how)) lines.push('GatewayOnLink=yes');
  }
  return `${lines.join('\n')}\n`;
}

/** A /32 without a peer: nothing says where the gateway is. */
function needsOnLink({ ipv4 }: HostConfig, { hasPeer }: Manner): boolean {
  return ipv4?.prefixLength === 32 && !hasPeer;
}

function hasHack({ ipv4 }: HostConfig, { owner, hasPeer, hasHack: wanted }: Manner): boolean {
  return wanted && owner === 'ifupdown' && !hasPeer && ipv4 !== null && ipv4.prefixLength < 32;
}

function networkOf({ ipv4 }: HostConfig): string {
  if (ipv4 === null) return '';
  const size = 2 ** (32 - ipv4.prefixLength);
  const number = ipv4ToNumber(ipv4.address);
  return `${ipv4FromNumber(number - (number % size))}/${ipv4.prefixLength}`;
}

function maskOf(length: number): string {
  return ipv4FromNumber(2 ** 32 - 2 ** (32 - length));
}
