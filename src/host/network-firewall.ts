import { readMacGuard } from './mac-guard.ts';
import { type Namespace, readBy } from './network-command.ts';

interface JsonChain {
  family: string;
  table: string;
  name: string;
  hook?: string;
  policy?: 'accept' | 'drop';
}
interface NftItem {
  chain?: JsonChain;
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
    guard: await readMacGuard(namespace, guardTable),
  };
}

async function readNft(namespace: Namespace, args: string[]): Promise<NftItem[]> {
  const text = await readBy(namespace, 'nft', ['-j', ...args]);
  return text === null ? [] : (JSON.parse(text) as { nftables: NftItem[] }).nftables;
}
