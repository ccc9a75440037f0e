import type { PacketStop, StoppedByRule } from '../../model/packet-report.ts';
import type { SeenAt } from '../../model/packet-table.ts';
import type { Conversation } from './conversation.ts';
import type { Followed } from './read-trace.ts';

/** A rule or policy of iptables-legacy that kept packets while the trial ran. */
export interface LegacyDrop {
  family: 'ip' | 'ip6';
  table: string;
  /** Where it is, and the built-in chains from which that is reached. */
  chain: string;
  baseChains: readonly string[];
  rule: string | null;
  packets: number;
}

/** What the kernel says to a packet that came by its rules and was not sent on. Null: it has a way. */
export interface RouteRefusal {
  reason: string;
  fix: string | null;
}

export interface SilenceFacts {
  legacy: readonly LegacyDrop[];
  refusal: RouteRefusal | null;
  /** Why nobody on the host answers, where that shows. */
  mute: RouteRefusal | null;
}

const BUILT_IN = {
  prerouting: 'PREROUTING',
  input: 'INPUT',
  forward: 'FORWARD',
  output: 'OUTPUT',
  postrouting: 'POSTROUTING',
} as const;
type Hook = keyof typeof BUILT_IN;

/** Why a packet did not get through that no rule of nftables stopped: by where it was seen last. */
export function explainSilence(conversation: Conversation, followed: Followed, facts: SilenceFacts): PacketStop {
  const isAnswer = followed.answer.size > 0;
  const seen = isAnswer ? followed.answer : followed.opening;
  const kernel = (reason: string, fix: string | null = null): PacketStop => ({
    cause: { kind: 'kernel', reason, fix },
    side: isAnswer && conversation.leaves === null ? 'to-guest' : 'from-guest',
    isAnswer,
  });
  if (followed.isUntranslated) {
    return kernel('it would leave with its private address: a rule keeps it from connection tracking (notrack)');
  }
  const within = hookBetween(seen);
  if (within !== null) {
    const legacy = legacyStop(conversation, within, facts.legacy, isAnswer);
    if (legacy !== null) return legacy;
    return kernel(`it was lost at the hook ${within}, by no rule of nftables or iptables`);
  }
  if (seen.size === 0) return kernel('it was not seen by the firewall at all');
  if (hasSeen(seen, 'postrouting_last')) return kernel('it left the firewall and did not arrive');
  if (hasSeen(seen, 'input_last')) {
    const { reason, fix } = facts.mute ?? { reason: 'it reached the host, and nothing there answered', fix: null };
    return kernel(reason, fix);
  }
  const { reason, fix } = facts.refusal ?? { reason: 'the kernel did not forward it', fix: null };
  return kernel(reason, fix);
}

/** The hook that was entered and not left. */
function hookBetween(seen: Set<SeenAt>): Hook | null {
  const hooks = Object.keys(BUILT_IN) as Hook[];
  return hooks.find((hook) => hasSeen(seen, `${hook}_first`) && !hasSeen(seen, `${hook}_last`)) ?? null;
}

function hasSeen(seen: Set<SeenAt>, place: SeenAt): boolean {
  return seen.has(place);
}

function legacyStop(
  conversation: Conversation,
  hook: Hook,
  drops: readonly LegacyDrop[],
  isAnswer: boolean,
): PacketStop | null {
  const family = conversation.family === 'ipv4' ? 'ip' : 'ip6';
  const candidates = drops.filter((drop) => drop.family === family && drop.baseChains.includes(BUILT_IN[hook]));
  const [most] = candidates.toSorted((a, b) => b.packets - a.packets);
  if (most === undefined) return null;
  const cause: StoppedByRule = {
    kind: 'rule',
    program: 'iptables-legacy',
    family,
    table: most.table,
    chain: most.chain,
    baseChain: BUILT_IN[hook],
    hook,
    rule: most.rule,
    handle: null,
  };
  const isOutside = conversation.hop === 'in' && hook === 'prerouting' && !isAnswer;
  const side = isOutside ? 'from-outside' : isAnswer && conversation.leaves === null ? 'to-guest' : 'from-guest';
  return { cause, side, isAnswer };
}
