import { type BaseChain, listChains } from '../../host/nft.ts';
import type { NatNetwork } from '../../model/guest-network.ts';
import { natTapPrefix } from '../../model/nat-tap-prefix.ts';

/** Something of another program that keeps the guests' packets, and the command that lets them pass. */
export interface FirewallWarning {
  summary: string;
  fix: string;
}

type Chain = Awaited<ReturnType<typeof listChains>>[number];

/** Reads the namespace's firewall and says which of its chains would drop the guests' traffic. It changes nothing. */
export async function findFirewallWarnings(network: Pick<NatNetwork, 'tableName'>): Promise<FirewallWarning[]> {
  return firewallWarnings(await listChains(), network);
}

/**
 * In nft an `accept` of ours does not outweigh a drop elsewhere: every table is asked. So a FORWARD policy of DROP, as
 * Docker leaves it, stops guests although our own rules let them pass.
 */
export function firewallWarnings(chains: Chain[], network: Pick<NatNetwork, 'tableName'>): FirewallWarning[] {
  const taps = natTapPrefix(network);
  const dropping = chains.filter(
    (chain): chain is BaseChain =>
      chain.policy === 'drop' &&
      (chain.hook === 'forward' || chain.hook === 'input') &&
      !chain.table.startsWith('lodge'),
  );
  return dropping.map((chain) => {
    const isForward = chain.hook === 'forward';
    const what = isForward ? 'guests do not reach the internet' : 'guests get no DNS and no DHCP from the host';
    return {
      summary: `table ${chain.family} ${chain.table}, chain ${chain.name} drops by default: ${what} unless a rule there accepts ${taps}*`,
      fix: isForward
        ? forwardFix(chain, chains, taps)
        : `nft insert rule ${chainText(chain)} iifname "${taps}*" accept`,
    };
  });
}

function forwardFix(chain: BaseChain, chains: Chain[], taps: string): string {
  const docker = chains.some(
    (other) => other.family === chain.family && other.table === chain.table && other.name === 'DOCKER-USER',
  );
  if (docker) {
    const program = chain.family === 'ip6' ? 'ip6tables' : 'iptables';
    return `${program} -I DOCKER-USER -i ${taps}+ -j ACCEPT && ${program} -I DOCKER-USER -o ${taps}+ -j ACCEPT`;
  }
  const where = chainText(chain);
  return `nft insert rule ${where} iifname "${taps}*" accept && nft insert rule ${where} oifname "${taps}*" accept`;
}

function chainText(chain: BaseChain): string {
  return `${chain.family} ${chain.table} ${chain.name}`;
}
