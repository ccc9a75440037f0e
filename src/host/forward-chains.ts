import { exec } from './exec.ts';
import { readIfPresent } from './files.ts';

/** A base chain at the forward hook: every routed packet of a guest passes it, whoever owns it. */
export interface ForwardChain {
  family: string;
  table: string;
  chain: string;
  policy: string;
  /** Rules as `nft list chain` prints them, those of Docker's DOCKER-USER in the same table with them; '' unless the policy is drop. */
  rules: string;
  /** Docker's chain for the owner's own rules is in the same table: it is consulted before all of Docker's. */
  hasDockerUser: boolean;
}

/** All of nftables, which holds the rules of iptables-nft (Debian's default, and Docker's) as well. */
export async function observeForwardChains(): Promise<ForwardChain[]> {
  const { stdout } = await exec('nft', ['-j', 'list', 'chains']);
  const chains = await Promise.all(parseForwardChains(stdout).map(readRules));
  return [...chains, ...(await observeLegacyForward())];
}

interface ListedChain {
  family: string;
  table: string;
  name: string;
  hook?: string;
  policy?: string;
}

export function parseForwardChains(json: string): ForwardChain[] {
  const { nftables } = JSON.parse(json) as { nftables: { chain?: ListedChain }[] };
  const listed = nftables.flatMap(({ chain }) => chain ?? []);
  return listed
    .filter((chain) => chain.hook === 'forward')
    .map(({ family, table, name, policy }) => ({
      family,
      table,
      chain: name,
      policy: policy ?? 'accept',
      rules: '',
      hasDockerUser: listed.some(
        (other) => other.family === family && other.table === table && other.name === 'DOCKER-USER',
      ),
    }));
}

async function readRules(found: ForwardChain): Promise<ForwardChain> {
  if (found.policy !== 'drop') return found;
  const names = [found.chain, ...(found.hasDockerUser ? ['DOCKER-USER'] : [])];
  const listings = await Promise.all(
    names.map((name) => exec('nft', ['list', 'chain', found.family, found.table, name])),
  );
  return { ...found, rules: listings.map(({ stdout }) => stdout).join('') };
}

/** The old kernel interface, seen by iptables-legacy alone; its table is loaded only where something used it. */
async function observeLegacyForward(): Promise<ForwardChain[]> {
  const tables = await readIfPresent('/proc/net/ip_tables_names').catch(() => null);
  if (!tables?.split('\n').includes('filter')) return [];
  const listed = await exec('iptables-legacy', ['-S', 'FORWARD']).catch(() => null);
  const policy = /^-P FORWARD (\w+)/m.exec(listed?.stdout ?? '')?.[1];
  if (policy === undefined) return [];
  const rules = listed?.stdout ?? '';
  return [
    {
      family: 'ip',
      table: 'legacy filter',
      chain: 'FORWARD',
      policy: policy.toLowerCase(),
      rules,
      hasDockerUser: false,
    },
  ];
}
