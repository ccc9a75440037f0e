import { shellWord } from '../../base/quoting/shell-word.ts';
import { isLodgeTable } from '../../model/lodge-tables.ts';
import type { PacketFix, PacketSide, PacketStop, StoppedByRule } from '../../model/packet-report.ts';

/** What there is on the host to mend a rule with. */
export interface OwnerFacts {
  hasFirewallCmd: boolean;
  hasUfw: boolean;
  hasIptables: boolean;
  hasSystemd: boolean;
  /** What /etc/nftables.conf loads, with the files it includes; null when there is none. */
  nftablesConf: string | null;
  /** Those of /etc/iptables/rules.v4 and .v6 that are there. */
  savedRules: { ip: boolean; ip6: boolean };
  /** `family table` of the tables that have a chain of that name. */
  dockerUser: readonly string[];
  ufwChains: readonly string[];
}

export interface FixScene {
  /** What the names of the instance's taps begin with. */
  tapPrefix: string;
  pools: { ipv4: string; ipv6: string };
  publishedPort: number;
}

const XTABLES_CHAINS = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];

/** The commands that let packets of guests pass, each once, in the words of the program that owns the rules. */
export function planFixes(stops: readonly PacketStop[], owners: OwnerFacts, scene: FixScene): PacketFix[] {
  const fixes = new Map<string, PacketFix>();
  for (const { cause, side } of stops) {
    const found =
      cause.kind === 'kernel'
        ? { owner: cause.owner ?? 'the kernel', now: cause.fix === null ? [] : [cause.fix], lasting: [] }
        : fixRule(cause, side, owners, scene);
    if (found.now.length === 0) continue;
    const fix = fixes.get(found.owner) ?? { owner: found.owner, now: [], lasting: [] };
    for (const part of ['now', 'lasting'] as const) {
      fix[part].push(...found[part].filter((command) => !fix[part].includes(command)));
    }
    fixes.set(found.owner, fix);
  }
  return [...fixes.values()];
}

function fixRule(cause: StoppedByRule, side: PacketSide, owners: OwnerFacts, scene: FixScene): PacketFix {
  const { tapPrefix } = scene;
  // No rule of ours is to be changed: one that stops a guest's packets has its reason, or is a fault of ours.
  if (isLodgeTable(cause.table)) return { owner: 'Lodge', now: [], lasting: [] };
  const isTapKnown = side !== 'from-outside' && ['input', 'forward', 'output', 'prerouting'].includes(cause.hook);
  const table = `${cause.family} ${cause.table}`;
  if (isTapKnown && owners.hasFirewallCmd && cause.table === 'firewalld') {
    const commands = ['', '--permanent '].map(
      (when) => `firewall-cmd ${when}--zone=trusted --add-interface=${tapPrefix}+`,
    );
    return { owner: 'firewalld', now: commands.slice(0, 1), lasting: commands.slice(1) };
  }
  if (isTapKnown && owners.hasUfw && owners.ufwChains.includes(table) && cause.hook !== 'prerouting')
    return fixUfw(tapPrefix);
  if (isXtables(cause) && (owners.hasIptables || cause.program === 'iptables-legacy')) {
    return fixIptables(cause, side, owners, scene);
  }
  return fixNft(cause, side, owners, scene);
}

/** ufw writes its rules down at once: what is for now lasts. */
function fixUfw(tapPrefix: string): PacketFix {
  const tap = `${tapPrefix}+`;
  const now = [
    `ufw allow in on ${tap}`,
    `ufw allow out on ${tap}`,
    `ufw route allow in on ${tap}`,
    `ufw route allow out on ${tap}`,
  ];
  return { owner: 'ufw', now, lasting: [] };
}

function isXtables({ program, family, baseChain }: StoppedByRule): boolean {
  return program === 'iptables-legacy' || ((family === 'ip' || family === 'ip6') && XTABLES_CHAINS.includes(baseChain));
}

function fixIptables(cause: StoppedByRule, side: PacketSide, owners: OwnerFacts, scene: FixScene): PacketFix {
  const { family, baseChain } = cause;
  const legacy = cause.program === 'iptables-legacy';
  const program = `${family === 'ip6' ? 'ip6tables' : 'iptables'}${legacy ? '-legacy' : ''}`;
  const isDocker = !legacy && baseChain === 'FORWARD' && owners.dockerUser.includes(`${family} ${cause.table}`);
  const chain = isDocker ? 'DOCKER-USER' : baseChain;
  const inTable = cause.table === 'filter' ? '' : `-t ${shellWord(cause.table)} `;
  const rules = xtablesMatches(cause, side, scene).map((match) => `${chain} ${match} -j ACCEPT`);
  const now = rules.map((rule) => `${program} ${inTable}-I ${rule}`);
  if (isDocker) return { owner: 'Docker', now, lasting: owners.hasSystemd ? dockerUnit(now) : [] };
  const saved = owners.savedRules[family === 'ip6' ? 'ip6' : 'ip'];
  const file = `/etc/iptables/rules.${family === 'ip6' ? 'v6' : 'v4'}`;
  const inserted = rules.map((rule) => `\\n-A ${rule}`).join('');
  const edit = `sed -i ${shellWord(`/^\\*${cause.table}$/,/^COMMIT/s/^:${chain} .*/&${inserted}/`)} ${file}`;
  return { owner: legacy ? 'iptables-legacy' : 'iptables', now, lasting: saved ? [edit] : [] };
}

/** Docker writes no rules of its owner down: they go in whenever it starts. */
function dockerUnit(commands: string[]): string[] {
  const directory = '/etc/systemd/system/docker.service.d';
  const lines = ['[Service]', ...commands.map((command) => `ExecStartPost=/usr/sbin/${command}`)];
  const words = lines.map(shellWord).join(' ');
  const isIpv6 = commands.some((command) => command.startsWith('ip6'));
  const file = `${directory}/lodge${isIpv6 ? '-ipv6' : ''}.conf`;
  return [`mkdir -p ${directory} && printf '%s\\n' ${words} > ${file} && systemctl daemon-reload`];
}

function xtablesMatches({ hook, family }: StoppedByRule, side: PacketSide, scene: FixScene): string[] {
  const from = `-i ${scene.tapPrefix}+`;
  const to = `-o ${scene.tapPrefix}+`;
  const pool = scene.pools[family === 'ip6' ? 'ipv6' : 'ipv4'];
  switch (hook) {
    case 'forward':
      return [from, to];
    case 'output':
      return [to];
    case 'postrouting':
      return side === 'to-guest' ? [to] : [`-m conntrack --ctorigsrc ${pool}`, `-m conntrack --ctreplsrc ${pool}`];
    default:
      return side === 'from-outside' ? [`-p tcp --dport ${scene.publishedPort}`] : [from];
  }
}

function fixNft(cause: StoppedByRule, side: PacketSide, owners: OwnerFacts, scene: FixScene): PacketFix {
  const where = `${cause.family} ${cause.table} ${cause.baseChain}`;
  const rules = nftMatches(cause, side, scene).map((match) => `insert rule ${where} ${match} accept`);
  const isWritten = owners.nftablesConf !== null && mentions(owners.nftablesConf, cause);
  return {
    owner: isWritten ? '/etc/nftables.conf' : `nftables (table ${cause.family} ${cause.table})`,
    now: rules.map((rule) => `nft ${shellWord(rule)}`),
    lasting: isWritten ? rules.map((rule) => `echo ${shellWord(rule)} >> /etc/nftables.conf`) : [],
  };
}

/** `table inet filter {` or `add table inet filter`, and the chain; a table without a family is one of `ip`. */
function mentions(text: string, { family, table, baseChain }: StoppedByRule): boolean {
  const quote = (name: string) => name.replace(/[^\w]/g, '\\$&');
  const escaped = quote(table);
  if (!new RegExp(`chain .*\\b${quote(baseChain)}\\b`).test(text)) return false;
  return new RegExp(`table ${family === 'ip' ? '(ip )?' : `${family} `}${escaped}\\b`).test(text);
}

function nftMatches({ hook, family }: StoppedByRule, side: PacketSide, scene: FixScene): string[] {
  const from = `iifname "${scene.tapPrefix}*"`;
  const to = `oifname "${scene.tapPrefix}*"`;
  switch (hook) {
    case 'forward':
      return [from, to];
    case 'output':
      return [to];
    case 'postrouting':
      return side === 'to-guest' ? [to] : poolMatches(family, scene);
    case 'egress':
      return [];
    default:
      return side === 'from-outside' ? [`tcp dport ${scene.publishedPort}`] : [from];
  }
}

/** Behind masquerading the taps and the guests' addresses do not show any more: connection tracking knows them. */
function poolMatches(family: string, { pools }: FixScene): string[] {
  const families = (['ip', 'ip6'] as const).filter((each) => family === 'inet' || family === each);
  return families.flatMap((each) => {
    const pool = pools[each === 'ip' ? 'ipv4' : 'ipv6'];
    return [`ct original ${each} saddr ${pool}`, `ct reply ${each} saddr ${pool}`];
  });
}
