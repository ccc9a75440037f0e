import type { Problem } from '../../base/errors.ts';
import type { NetworkLayout } from '../../model/network-plan.ts';
import { networkManagerRefusal } from '../../parse/network-manager-refusal.ts';
import { networkdGrabs } from './networkd-grabs.ts';
import type { Situation } from './situation.ts';
import { bridgeMac, servedSubnet } from './subnet-bridge.ts';

/** What stands against this layout on this host, each with what to do about it. */
export function layoutProblems(situation: Situation, layout: NetworkLayout, bridge: string): Problem[] {
  if (layout === 'routed') return [];
  const { facts, uplink, layer3 } = situation;
  const mac = layout === 'bridged' ? uplink.mac : bridgeMac(uplink.mac ?? '', bridge);
  const isThere = layout === 'bridged' && layer3 !== uplink;
  return [
    ...ownerProblems(situation),
    ...(layout === 'bridged' ? bridgedProblems(situation) : subnetProblems(situation)),
    ...(isThere ? [] : networkdGrabs(facts, { name: bridge, mac }, uplink.name)),
  ];
}

/** A key of host.yaml: most of what stands against a layout stands elsewhere. */
export function inHostFile(key: string): string {
  return `host.yaml ${key}`;
}

/** Both bridges have to be in the system's files; the routed layout needs none of them. */
function ownerProblems({ owner, facts, uplink }: Situation): Problem[] {
  const path = 'owner';
  if (owner === 'network-manager') {
    const { reason, fix } = networkManagerRefusal(uplink.name);
    const rule = `must be ifupdown, networkd or netplan for a bridge: ${reason}; ${fix}`;
    return [{ path, rule, value: owner }];
  }
  if (owner === 'none') {
    const rule =
      'must be one that configures the network at boot: none was found, so no file would bring the bridge back; use --layout routed';
    return [{ path, rule, value: owner }];
  }
  if (owner === 'ifupdown' && !facts.abilities.bridgeUtils) {
    const rule = 'must be installed for a bridge in /etc/network/interfaces: apt-get install bridge-utils';
    return [{ path: 'bridge-utils', rule, value: 'absent' }];
  }
  return [];
}

function bridgedProblems({ addresses, layer3, uplink, host }: Situation): Problem[] {
  if (layer3 !== uplink) {
    if (layer3.kind === 'bridge') return [];
    const rule = `must be no port of ${layer3.name}, which is ${layer3.kind ?? 'hardware'} and no bridge: use --layout routed`;
    return [{ path: inHostFile('uplink.name'), rule, value: uplink.name }];
  }
  const leased = addresses.filter(({ isDynamic }) => isDynamic);
  // What is leased stands in no file, whatever host.yaml has been told about it.
  return leased.map(({ link, address }) => ({
    path: `the address of ${link}`,
    rule: `must be configured statically to move to a bridge: it is leased (DHCP or a router's advertisement), and the client would take it off again; write it into the files of ${host.uplink.name} first, or use --layout routed`,
    value: address,
  }));
}

function subnetProblems({ host, facts, layer3 }: Situation): Problem[] {
  const subnet = servedSubnet(host);
  if (subnet === null) {
    const rule =
      'must have a subnet of at least four addresses (a /30) for a bridge of its own: use --layout routed for single addresses';
    return [
      {
        path: inHostFile('extraIpv4'),
        rule,
        value: host.extraIpv4.map((extra) => (extra.kind === 'single' ? extra.address : extra.prefix)),
      },
    ];
  }
  const there = facts.routes.find(
    ({ destination, link }) => destination === subnet && link !== null && link !== layer3.name,
  );
  if (there === undefined) return [];
  const rule = `must not be on a link already: ${subnet} is on ${there.link}`;
  return [{ path: inHostFile('extraIpv4'), rule, value: subnet }];
}
