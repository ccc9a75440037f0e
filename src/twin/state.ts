import type { Twin } from './build.ts';

/** The host's network as the kernel tells it, section by section, without what changes by itself. */
export type TwinState = Record<string, string[]>;

/**
 * What is not compared, because it is never the same twice: numbers of links and of nft's rules, what is left of a lifetime, running
 * timers of bridges, what counters have counted, and the names and numbers of ports that a bridge gives anew.
 */
const PASSING = new Set([
  ...['ifindex', 'link_index', 'link_netnsid', 'handle', 'metainfo'],
  ...['valid_life_time', 'preferred_life_time', 'expires', 'age'],
  ...[
    'hello_timer',
    'tcn_timer',
    'topology_change_timer',
    'gc_timer',
    'message_age_timer',
    'forward_delay_timer',
    'hold_timer',
  ],
  ...['topology_change_detected', 'packets', 'bytes', 'no', 'port_no', 'id', 'port_id', 'designated_port'],
]);

const SECTIONS: Readonly<Record<string, string>> = {
  links: 'ip -j -d link show',
  addresses: 'ip -j address show',
  'IPv4 routes': 'ip -j -4 route show table all',
  'IPv6 routes': 'ip -j -6 route show table all',
  'IPv4 rules': 'ip -j -4 rule show',
  'IPv6 rules': 'ip -j -6 rule show',
  'neighbour proxies': 'ip -j neigh show proxy',
  'nft tables': 'nft -j list ruleset',
  settings:
    'grep -rs "" /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf | sort | grep -v stable_secret',
};

export async function readState({ spaces }: Twin): Promise<TwinState> {
  const script = Object.entries(SECTIONS)
    .map(([name, command]) => `echo '@ ${name}'; ${command}`)
    .join('\n');
  const { stdout } = await spaces.run('host', 'sh', ['-c', script], { okExitCodes: [0, 1, 2] });
  const parts = stdout.split(/^@ /m).slice(1);
  return Object.fromEntries(
    parts.map((part) => {
      const end = part.indexOf('\n');
      return [part.slice(0, end), entriesOf(part.slice(end + 1).trim())];
    }),
  );
}

/** What differs, each in one line; empty when the two are byte for byte the same. */
export function compareStates(before: TwinState, after: TwinState): string[] {
  return Object.keys(SECTIONS).flatMap((section) => {
    const [old, now] = [before[section] ?? [], after[section] ?? []];
    const gone = old.filter((entry) => !now.includes(entry)).map((entry) => `${section}: gone ${entry}`);
    const extra = now.filter((entry) => !old.includes(entry)).map((entry) => `${section}: left behind ${entry}`);
    const isMoved = gone.length + extra.length === 0 && old.join('\n') !== now.join('\n');
    return [...gone, ...extra, ...(isMoved ? [`${section}: in another order`] : [])];
  });
}

function entriesOf(text: string): string[] {
  if (!text.startsWith('[') && !text.startsWith('{')) return text.split('\n').filter(Boolean);
  const value = JSON.parse(text) as unknown[] | { nftables: unknown[] };
  const items = Array.isArray(value) ? value : value.nftables;
  return items
    .map(withoutPassing)
    .map((item) => JSON.stringify(item))
    .filter((item) => item !== '{}');
}

function withoutPassing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPassing);
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([name]) => !PASSING.has(name));
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutPassing(inner)]));
}
