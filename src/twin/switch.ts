import type { HostConfig } from '../model/host-config.ts';
import type { TwinSpaces } from './spaces.ts';

/** What the provider's switch lets in from this customer's port. */
export function registeredMacs(host: HostConfig): string[] {
  const virtual = host.extraIpv4.flatMap((extra) => (extra.kind === 'single' && extra.mac !== null ? [extra.mac] : []));
  return [...new Set([host.uplink.mac, ...virtual])];
}

/** Lines for `ip -batch`: customers' ports are isolated from each other, and reach the router alone. */
export const SWITCH_LINES: readonly string[] = [
  'link add sw0 type bridge forward_delay 0 mcast_snooping 0',
  ...['p-router', 'p-host', 'p-neighbour'].map((port) => `link set ${port} master sw0 up`),
  'link set p-host type bridge_slave isolated on',
  'link set p-neighbour type bridge_slave isolated on',
  'link set sw0 up',
];

/** The set `bad` is the abuse mail. Noting down and dropping are two rules: an `add` to a full set ends its rule. */
export function switchRules(host: HostConfig): string {
  return `table bridge provider {
  set registered { type ether_addr; elements = { ${registeredMacs(host).join(', ')} }; }
  set bad { type ether_addr; flags dynamic; size 4096; }
  counter violations { }
  chain incoming {
    type filter hook prerouting priority -300; policy accept;
    iifname != "p-host" accept
    ether saddr @registered accept
    counter name violations
    add @bad { ether saddr }
    drop
  }
}
`;
}

/** Frames and source MACs the provider would have complained about. */
export async function readViolations(spaces: TwinSpaces): Promise<{ frames: number; macs: string[] }> {
  const { stdout } = await spaces.run('switch', 'nft', ['-j', 'list', 'table', 'bridge', 'provider']);
  const items = (JSON.parse(stdout) as { nftables: NftItem[] }).nftables;
  return {
    frames: items.find(({ counter }) => counter?.name === 'violations')?.counter?.packets ?? 0,
    macs: (items.find(({ set }) => set?.name === 'bad')?.set?.elem ?? []).map(elementOf),
  };
}

interface NftItem {
  counter?: { name: string; packets: number };
  set?: { name: string; elem?: NftElement[] };
}
/** An element with a timeout or a counter is wrapped. */
export type NftElement = string | { elem: { val: string; counter?: { packets: number } } };

export function elementOf(element: NftElement): string {
  return typeof element === 'string' ? element : element.elem.val;
}
