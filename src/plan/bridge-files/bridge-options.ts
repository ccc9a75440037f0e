import type { Family } from '../../model/network-facts.ts';
import type { StanzaText } from '../../render/interfaces-nodes.ts';

export interface BridgeInput {
  uplink: string;
  bridge: string;
  mac: string;
}

/**
 * A bridge of its own, without the uplink. It has no carrier before its first guest, so its IPv6 addresses would stay tentative, and
 * ifup would wait for them and fail (settle-dad.sh): `dad-attempts 0`.
 */
export function portlessBridge(
  { bridge, mac }: Omit<BridgeInput, 'uplink'>,
  addresses: readonly { family: Family; options: readonly (readonly [name: string, value: string])[] }[],
): StanzaText[] {
  const stanzas = addresses.map(({ family, options }): StanzaText => {
    if (family === 'ipv4') return { name: bridge, family: 'inet', method: 'static', options };
    return { name: bridge, family: 'inet6', method: 'static', options: [...options, ['dad-attempts', '0']] };
  });
  const [first = { name: bridge, family: 'inet', method: 'manual', options: [] }, ...others] = stanzas;
  const options = bridgeOptions({ uplink: 'none', bridge, mac });
  return [{ ...first, options: [...options, ...first.options] }, ...others];
}

/**
 * `bridge_hw` pins the MAC before a port joins (bridge-utils), `hwaddress` is ifupdown2's word for it; each is harmless to the other.
 * Without `bridge_maxwait 0` ifup waits for a spanning tree that is off.
 */
export function bridgeOptions({ uplink, mac }: BridgeInput): [string, string][] {
  return [
    ['bridge_ports', uplink],
    ['bridge_stp', 'off'],
    ['bridge_fd', '0'],
    ['bridge_maxwait', '0'],
    ['bridge_hw', mac],
    ['hwaddress', mac],
  ];
}
