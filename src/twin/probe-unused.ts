import {
  type Ipv4Address,
  type Ipv6Address,
  type Ipv6Prefix,
  ipv4PrefixContains,
  ipv6ToBigInt,
} from '../base/address.ts';
import type { HostConfig } from '../model/host-config.ts';
import type { ProofCheck } from '../model/network-plan.ts';
import { unusedIpv4, unusedIpv6 } from './addresses.ts';
import { type Answers, answerWords, type Question } from './ask.ts';
import type { Twin } from './build.ts';
import type { NftElement } from './switch.ts';
import type { TwinView } from './view.ts';

/** Addresses that the provider sends here and nobody has, where nobody has said which: from both ends of each subnet and prefix. */
export function chooseUnused({ host, modes, guests }: Twin, { addresses }: TwinView): string[] {
  const own = addresses.map(({ address }) => address);
  const taken = new Set<string>([...own, ...guests.flatMap(({ ipv4, ipv6 }) => [ipv4 ?? '', ipv6 ?? ''])]);
  const subnets = host.extraIpv4.flatMap((extra) => (extra.kind === 'single' ? [] : unusedIpv4(extra.prefix, taken)));
  const prefix = modes.ipv6 === 'none' ? null : host.ipv6;
  return [...subnets, ...(prefix === null ? [] : unusedIpv6(prefix.prefix, taken))];
}

export function unusedQuestions(unused: readonly string[]): Question[] {
  return unused.map((target) => ({ from: target.includes(':') ? 'internet6' : 'internet4', target }));
}

/** How often each address went out to this customer: `198.51.100.20 -> 31`. */
export async function readSentCounts({ spaces }: Twin): Promise<Map<string, number>> {
  const { stdout } = await spaces.run('router', 'nft', ['-j', 'list', 'table', 'inet', 'twin']);
  const items = (JSON.parse(stdout) as { nftables: { set?: { elem?: NftElement[] } }[] }).nftables;
  const elements = items.flatMap(({ set }) => set?.elem ?? []);
  return new Map(
    elements.flatMap((element) =>
      typeof element === 'string' ? [] : [[element.elem.val, element.elem.counter?.packets ?? 0] as const],
    ),
  );
}

/** At most four pings are sent to an address before somebody says something: more than that on the wire have been there before. */
const MOST_SENT = 12;

export function unusedChecks(
  { host }: Twin,
  unused: readonly string[],
  answers: Answers,
  sent: ReadonlyMap<string, number>,
): ProofCheck[] {
  return unusedQuestions(unused).map(({ from, target }) => {
    const answer = answers(from, target);
    const times = sent.get(target) ?? 0;
    const loops = answer.kind === 'loop' || times > MOST_SENT;
    const isGreen = answer.kind === 'unreachable' && !loops;
    const prefix = prefixOf(host, target) ?? target;
    const cause = loops
      ? `no unreachable route for ${prefix} on the host: it sent ${target} back to the provider, who sent it here ${times} times`
      : answer.kind === 'reply'
        ? `somebody answers for ${target}, which no guest has`
        : `nothing says that ${target} is unreachable: the host drops it without a word, there is no unreachable route for ${prefix}`;
    return {
      id: `unused-${target}`,
      isGreen,
      summary: `${target}, which nobody has: ${answerWords(answer)}, ${times} packets came to the host`,
      cause: isGreen ? null : cause,
    };
  });
}

function prefixOf({ extraIpv4, ipv6 }: HostConfig, target: string): string | null {
  if (target.includes(':')) return ipv6 !== null && isInPrefix(ipv6.prefix, target as Ipv6Address) ? ipv6.prefix : null;
  const subnets = extraIpv4.flatMap((extra) => (extra.kind === 'single' ? [] : [extra.prefix]));
  return subnets.find((prefix) => ipv4PrefixContains(prefix, target as Ipv4Address)) ?? null;
}

function isInPrefix(prefix: Ipv6Prefix, address: Ipv6Address): boolean {
  const [network = '', length] = prefix.split('/');
  const shift = BigInt(128 - Number(length));
  return ipv6ToBigInt(network as Ipv6Address) >> shift === ipv6ToBigInt(address) >> shift;
}
