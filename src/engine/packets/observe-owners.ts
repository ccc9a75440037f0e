import { glob } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathExists, readIfPresent } from '../../host/files.ts';
import type { listChains } from '../../host/nft.ts';
import { hasProgram } from '../../host/programs.ts';
import { hasSystemd } from '../../host/systemd.ts';
import type { OwnerFacts } from '../../plan/packets/fixes.ts';

const NFTABLES_CONF = '/etc/nftables.conf';

/** Who may have written the rules of this host, and what there is to change them with. */
export async function observeOwners(chains: Awaited<ReturnType<typeof listChains>>): Promise<OwnerFacts> {
  const [hasFirewallCmd, hasUfw, hasIptables, isSystemd, nftablesConf, ip, ip6] = await Promise.all([
    hasProgram('firewall-cmd'),
    hasProgram('ufw'),
    hasProgram('iptables'),
    hasSystemd().catch(() => false),
    readNftablesConf(),
    pathExists('/etc/iptables/rules.v4'),
    pathExists('/etc/iptables/rules.v6'),
  ]);
  const tablesWith = (isMeant: (name: string) => boolean) => [
    ...new Set(chains.filter(({ name }) => isMeant(name)).map(({ family, table }) => `${family} ${table}`)),
  ];
  return {
    hasFirewallCmd,
    hasUfw,
    hasIptables,
    hasSystemd: isSystemd,
    nftablesConf,
    savedRules: { ip, ip6 },
    dockerUser: tablesWith((name) => name === 'DOCKER-USER'),
    ufwChains: tablesWith((name) => /^ufw6?-/.test(name)),
  };
}

/** With the files it includes, one level deep: `include "/etc/nftables.d/*.nft"`. */
async function readNftablesConf(): Promise<string | null> {
  const text = await readIfPresent(NFTABLES_CONF).catch(() => null);
  if (text === null) return null;
  const texts = [text];
  for (const [, pattern = ''] of text.matchAll(/^[ \t]*include[ \t]+"([^"\n]+)"/gm)) {
    for await (const file of glob(resolve(dirname(NFTABLES_CONF), pattern))) {
      texts.push((await readIfPresent(file).catch(() => null)) ?? '');
    }
  }
  return texts.join('\n');
}
