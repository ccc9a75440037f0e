import { type Namespace, readBy } from './network-command.ts';

interface JsonChain {
  family: string;
  table: string;
  name: string;
  hook?: string;
  policy?: 'accept' | 'drop';
}
type JsonElement = string | { elem: { val: string } };
interface NftItem {
  chain?: JsonChain;
  table?: { family: string; name: string };
  set?: { name: string; elem?: JsonElement[] };
  counter?: { name: string; packets: number };
}

/**
 * What decides over packets that pass the host: base chains at the forward hook and of the bridge family, and the guard in the table
 * named `guardTable`. Without nft, or the right to use it: no chains and no guard.
 */
export async function readFirewall(namespace: Namespace, guardTable: string) {
  const items = await readNft(namespace, ['list', 'chains']);
  const chains = items.flatMap(({ chain }) => chain ?? []);
  return {
    chains: chains.flatMap(({ family, table, name, hook, policy = 'accept' as const }) =>
      hook === 'forward' || (hook !== undefined && family === 'bridge') ? [{ family, table, name, hook, policy }] : [],
    ),
    hasDocker: chains.some(({ name }) => name.startsWith('DOCKER')),
    guard: await readGuard(namespace, guardTable),
  };
}

async function readGuard(namespace: Namespace, table: string) {
  const tables = (await readNft(namespace, ['list', 'tables'])).flatMap(({ table }) => table ?? []);
  const family = tables.find(({ name }) => name === table)?.family;
  if (family === undefined) return null;
  const [items, text] = await Promise.all([
    readNft(namespace, ['list', 'table', family, table]),
    // nft 1.0.6 leaves the device of an egress hook out of its JSON.
    readBy(namespace, 'nft', ['--terse', 'list', 'table', family, table]),
  ]);
  const uplink = uplinkOf(text ?? '');
  if (uplink === null) return null;
  const macsOf = (name: string) => items.find(({ set }) => set?.name === name)?.set?.elem?.map(elementText) ?? [];
  const dropped = items.find(({ counter }) => counter?.name === 'dropped')?.counter?.packets ?? 0;
  return { uplink, allowedMacs: macsOf('allowed'), droppedFrames: dropped, foreignMacs: macsOf('foreign') };
}

/**
 *     type filter hook egress device "eth0" priority -300   -> eth0
 *     type filter hook egress devices = { "eth0" } priority -> eth0, as newer nft prints it
 *     oifname != "eth0" accept                              -> eth0, of the bridge family
 */
function uplinkOf(text: string): string | null {
  const found = /hook egress devices? (?:= \{ )?"?([^"\s]+)"?/.exec(text) ?? /oifname != "([^"]+)" accept/.exec(text);
  return found?.[1] ?? null;
}

function elementText(element: JsonElement): string {
  return typeof element === 'string' ? element : element.elem.val;
}

async function readNft(namespace: Namespace, args: string[]): Promise<NftItem[]> {
  const text = await readBy(namespace, 'nft', ['-j', ...args]);
  return text === null ? [] : (JSON.parse(text) as { nftables: NftItem[] }).nftables;
}
