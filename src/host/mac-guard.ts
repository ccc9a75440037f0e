import { type Namespace, readBy } from './network-command.ts';

type JsonElement = string | { elem: { val: string } };
interface NftItem {
  chain?: { hook?: string };
  set?: { name: string; elem?: JsonElement[] };
  counter?: { name: string; packets: number };
}

/** The families a guard can be of, the usual one first. */
const FAMILIES = ['netdev', 'bridge'] as const;

/**
 * What the MAC guard in the table of that name has seen since it was loaded; null when it is not loaded, and when nft is not there or
 * may not be used. One nft process where it hangs on the uplink's egress, a second one where it is of the bridge family or not loaded:
 * `nft list ruleset`, which would need no name, reads the sets of every guest as well (20 ms against 75 ms at 1,000 guests).
 *
 * What guards nothing counts as not loaded: a table without a hook (kernels before 6.16 take the chain away with the uplink's device), and
 * one whose uplink is not there under that name (later kernels keep the chain and wait for the name).
 */
export async function readMacGuard(namespace: Namespace, table: string) {
  for (const family of FAMILIES) {
    const text = await readBy(namespace, 'nft', ['-j', 'list', 'table', family, table]);
    if (text === null) continue;
    const reading = toReading((JSON.parse(text) as { nftables: NftItem[] }).nftables);
    const isThere =
      reading !== null && (await readBy(namespace, 'ip', ['link', 'show', 'dev', reading.uplink])) !== null;
    return isThere ? reading : null;
  }
  return null;
}

function toReading(items: NftItem[]) {
  const elementsOf = (name: string) => items.find(({ set }) => set?.name === name)?.set?.elem?.map(elementText) ?? [];
  const [uplink] = elementsOf('uplink');
  if (uplink === undefined || !items.some(({ chain }) => chain?.hook !== undefined)) return null;
  return {
    uplink,
    allowedMacs: elementsOf('allowed').sort(),
    droppedFrames: items.find(({ counter }) => counter?.name === 'dropped')?.counter?.packets ?? 0,
    foreignMacs: elementsOf('foreign').sort(),
  };
}

function elementText(element: JsonElement): string {
  return typeof element === 'string' ? element : element.elem.val;
}
