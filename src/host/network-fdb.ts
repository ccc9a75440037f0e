import { type Namespace, readJsonBy } from './network-command.ts';

interface FoundEntry {
  bridge: string;
  port: string;
  mac: string;
  isLocal: boolean;
  isStatic?: boolean;
}

interface JsonFdb {
  mac: string;
  ifname: string;
  master?: string;
  /** `permanent` is a MAC of the port's own, `static` one that somebody set; none where it was learned. */
  state?: string;
}

/** The forwarding databases of bridges, from `bridge -j fdb`: no multicast filters of the cards, each MAC of a port once. */
export async function readForwardingDatabase(namespace: Namespace): Promise<FoundEntry[]> {
  const entries = await readJsonBy<JsonFdb>(namespace, 'bridge', ['-j', 'fdb', 'show']);
  const found = new Map<string, FoundEntry>();
  for (const { mac, ifname: port, master: bridge, state } of entries) {
    // Without a bridge it is a filter of the card's own.
    if (bridge === undefined) continue;
    // With VLAN filtering there is an entry for each VLAN.
    found.set(`${bridge} ${port} ${mac}`, {
      ...{ bridge, port, mac, isLocal: state === 'permanent' },
      ...(state === 'static' ? { isStatic: true } : {}),
    });
  }
  return [...found.values()];
}
