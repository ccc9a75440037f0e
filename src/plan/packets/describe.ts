import { isLodgeTable } from '../../model/lodge-tables.ts';
import type {
  HopReport,
  PacketFix,
  PacketHop,
  PacketReport,
  PacketStop,
  StoppedByRule,
} from '../../model/packet-report.ts';

const HOP_WORDS: Record<PacketHop, string> = {
  arp: 'the question for the gateway',
  dhcp: 'DHCP',
  'router-advertisement': 'router advertisements',
  ping: 'ping to the gateway',
  'dns-udp': 'DNS',
  'dns-tcp': 'DNS over TCP',
  'ssh-from-host': 'SSH from the host',
  'ssh-to-this-guest': 'SSH from the host to this guest',
  'guest-to-guest': 'from guest to guest',
  out: 'out to the internet',
  in: 'in to published ports',
};

/** `DHCP, DNS (IPv4 and IPv6), out to the internet (IPv4)`: hops in their order, each with its families. */
export function hopWords(hops: readonly HopReport[]): string {
  const byFamilies = new Map<string, string[]>();
  for (const hop of new Set(hops.map((each) => each.hop))) {
    const families = [...new Set(hops.filter((each) => each.hop === hop).map(({ family }) => family))].toSorted();
    const words = families.map((family) => (family === 'ipv4' ? 'IPv4' : 'IPv6')).join(' and ');
    byFamilies.set(words, [...(byFamilies.get(words) ?? []), HOP_WORDS[hop]]);
  }
  return [...byFamilies].map(([families, words]) => `${words.join(', ')} (${families})`).join('; ');
}

/** Each thing that stops packets in a line, with what it stops. */
export function stopLines({ hops }: PacketReport): string[] {
  const stopped = hops.filter(({ outcome }) => outcome === 'stopped');
  const byCause = new Map<string, HopReport[]>();
  for (const hop of stopped) {
    const words = hop.stop === null ? 'nothing that shows' : causeWords(hop.stop);
    byCause.set(words, [...(byCause.get(words) ?? []), hop]);
  }
  return [...byCause].map(([words, each]) => `${words}: ${hopWords(each)}`);
}

/** Each reason for which something was not tried in a line. */
export function untriedLines({ hops }: PacketReport): string[] {
  const byReason = new Map<string, HopReport[]>();
  for (const hop of hops) {
    if (hop.outcome === 'untried') byReason.set(hop.reason ?? '', [...(byReason.get(hop.reason ?? '') ?? []), hop]);
  }
  return [...byReason].map(([reason, each]) => `not tried, because ${reason}: ${hopWords(each)}`);
}

/** `inet filter forward, handle 8 (reject with icmpx admin-prohibited)`, `ip filter INPUT, its policy` */
function causeWords({ cause, isAnswer }: PacketStop): string {
  const of = isAnswer ? ', the answers of' : '';
  return cause.kind === 'kernel' ? `${cause.reason}${of}` : `${ruleWords(cause)}${of}`;
}

export function ruleWords({ program, family, table, chain, baseChain, rule, handle }: StoppedByRule): string {
  const owner = program === 'nft' ? '' : `${family === 'ip6' ? 'ip6tables' : 'iptables'}-legacy `;
  const where = `${owner}${program === 'nft' ? `${family} ` : ''}${table} ${chain}`;
  const ours = isLodgeTable(table) ? " (Lodge's own)" : '';
  const by = chain === baseChain ? '' : `, reached from ${baseChain}`;
  return rule === null
    ? `${where}${by}, its policy${ours}`
    : `${where}${by}${handle === null ? '' : `, handle ${handle}`}, "${rule}"${ours}`;
}

/** Commands as lines for a shell; what is written down for the next start says so. */
export function fixText(fixes: readonly PacketFix[]): string | null {
  const lines = fixes.flatMap(({ now, lasting }) => [
    ...now,
    ...lasting.map((command) => `${command}  # so that it lasts`),
  ]);
  return lines.length === 0 ? null : lines.join('\n');
}

/** What mends these lasts as it is: ufw writes its rules down at once, networkd reads the names of files. */
const LASTING = ['ufw', 'systemd-networkd'];

/** Who has to be told by hand, because nothing shows where his rules are written down. */
export function unlastingLines(fixes: readonly PacketFix[]): string[] {
  const owners = fixes
    .filter(({ owner, lasting, now }) => lasting.length === 0 && now.length > 0 && !LASTING.includes(owner))
    .map(({ owner }) => owner);
  return owners.length === 0
    ? []
    : [`What mends ${owners.join(' and ')} lasts until it is loaded again: write it down where its rules come from.`];
}
