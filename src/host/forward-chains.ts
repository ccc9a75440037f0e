import { exec } from './exec.ts';
import { readIfPresent } from './files.ts';

/** A base chain at the forward hook: every routed packet of a guest passes it, whoever owns it. */
export interface ForwardChain {
  family: string;
  table: string;
  chain: string;
  policy: string;
}

/** All of nftables, which holds the rules of iptables-nft (Debian's default, and Docker's) as well. */
export async function observeForwardChains(): Promise<ForwardChain[]> {
  const { stdout } = await exec('nft', ['-j', 'list', 'chains']);
  return [...parseForwardChains(stdout), ...(await observeLegacyForward())];
}

export function parseForwardChains(json: string): ForwardChain[] {
  const listing = JSON.parse(json) as {
    nftables: { chain?: { family: string; table: string; name: string; hook?: string; policy?: string } }[];
  };
  return listing.nftables.flatMap(({ chain }) =>
    chain?.hook === 'forward'
      ? [{ family: chain.family, table: chain.table, chain: chain.name, policy: chain.policy ?? 'accept' }]
      : [],
  );
}

/** The old kernel interface, seen by iptables-legacy alone; its table is loaded only where something used it. */
async function observeLegacyForward(): Promise<ForwardChain[]> {
  const tables = await readIfPresent('/proc/net/ip_tables_names').catch(() => null);
  if (!tables?.split('\n').includes('filter')) return [];
  const listed = await exec('iptables-legacy', ['-S', 'FORWARD']).catch(() => null);
  const policy = /^-P FORWARD (\w+)/m.exec(listed?.stdout ?? '')?.[1];
  return policy === undefined
    ? []
    : [{ family: 'ip', table: 'filter (legacy)', chain: 'FORWARD', policy: policy.toLowerCase() }];
}
