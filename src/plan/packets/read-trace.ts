import { isSharesTable } from '../../model/lodge-tables.ts';
import type { PacketSide, PacketStop, StoppedByRule } from '../../model/packet-report.ts';
import { SEEN_AT, type SeenAt } from '../../model/packet-table.ts';
import type { TracedPacket, TraceEvent } from '../../parse/trace-line.ts';
import type { Conversation } from './conversation.ts';

/** A chain of the host's firewall, and its hook. */
export interface HookedChain {
  family: string;
  table: string;
  name: string;
  hook: string | null;
}

/** What the trace has said of one conversation so far. */
export interface Followed {
  /** Where its packets were seen, its first one and the answer to it. */
  opening: Set<SeenAt>;
  answer: Set<SeenAt>;
  /** Each thing that stopped one of its packets, with how many. */
  stops: { stop: PacketStop; count: number }[];
  /** It came to the end of the way out, as it shall leave. */
  hasLeft: boolean;
  /** It came there with its private address. */
  isUntranslated: boolean;
}

export interface TraceReaderInput {
  conversations: readonly Conversation[];
  chains: readonly HookedChain[];
  /** The name of our own tables. */
  table: string;
  isTap: (link: string | null) => boolean;
  /** Where a packet has left: `egress_last` where somebody else's chain looks at what leaves a link. */
  end: 'postrouting_last' | 'egress_last';
  /** The addresses that must not leave. */
  privateAddresses: readonly string[];
  markOf: (packet: TracedPacket) => number | null;
}

/** Puts the lines of the trace together: which conversation each packet is of, how far it came, and what stopped it. */
export class TraceReader {
  readonly #input: TraceReaderInput;
  readonly #followed = new Map<Conversation, Followed>();
  /** By the trace's id: whose packet it is, and the chain at the hook in which it is now. */
  readonly #packets = new Map<string, { conversation: Conversation | null; packet: TracedPacket; base: HookedChain }>();
  #mark: number | null = null;
  #isBlind = true;

  constructor(input: TraceReaderInput) {
    this.#input = input;
    for (const conversation of input.conversations) {
      this.#followed.set(conversation, {
        opening: new Set(),
        answer: new Set(),
        stops: [],
        hasLeft: false,
        isUntranslated: false,
      });
    }
  }

  /** No packet of the trial was seen anywhere: silence says nothing then, of no conversation. */
  get isBlind(): boolean {
    return this.#isBlind;
  }

  /** The last mark that was seen. */
  get mark(): number | null {
    return this.#mark;
  }

  followed(conversation: Conversation): Followed {
    const found = this.#followed.get(conversation);
    if (found === undefined) throw new Error(`${conversation.hop} is not followed`);
    return found;
  }

  read(event: TraceEvent): void {
    if (event.kind === 'packet') {
      this.#readPacket(event, event.packet);
      return;
    }
    const current = this.#packets.get(event.id);
    if (current === undefined || current.conversation === null || event.table === this.#input.table) return;
    // A guest's share is used up by asking again and again: what left the first question without an answer is the reason.
    if (event.verdict !== 'drop' || isSharesTable(event.table)) return;
    const cause: StoppedByRule = {
      kind: 'rule',
      program: 'nft',
      family: event.family,
      table: event.table,
      chain: event.chain,
      baseChain: current.base.name,
      hook: current.base.hook ?? '',
      rule: event.kind === 'rule' ? event.rule : null,
      handle: event.kind === 'rule' ? event.handle : null,
    };
    this.#noteStop(current.conversation, current.packet, cause);
  }

  #readPacket({ id, family, table, chain }: TraceEvent, packet: TracedPacket): void {
    const { conversations, chains } = this.#input;
    const conversation = conversations.find((each) => each.owns(packet)) ?? null;
    const base = chains.find((each) => each.family === family && each.table === table && each.name === chain);
    this.#packets.set(id, { conversation, packet, base: base ?? { family, table, name: chain, hook: null } });
    const mark = conversation === null ? this.#input.markOf(packet) : null;
    if (mark !== null) this.#mark = mark;
    if (conversation !== null || mark !== null) this.#isBlind = false;
    if (conversation === null || table !== this.#input.table) return;
    const place = SEEN_AT.find((each) => each === chain);
    if (place !== undefined) this.#noteSeen(conversation, packet, place);
  }

  #noteSeen(conversation: Conversation, packet: TracedPacket, place: SeenAt): void {
    const followed = this.followed(conversation);
    const isAnswer = conversation.isAnswer(packet);
    followed[isAnswer ? 'answer' : 'opening'].add(place);
    const isEnd = place === this.#input.end && !this.#input.isTap(packet.oif);
    if (!isEnd || conversation.leaves !== (isAnswer ? 'answer' : 'opening')) return;
    if (this.#input.privateAddresses.includes(packet.from ?? '')) followed.isUntranslated = true;
    else followed.hasLeft = true;
  }

  #noteStop(conversation: Conversation, packet: TracedPacket, cause: StoppedByRule): void {
    const { stops } = this.followed(conversation);
    const isAnswer = conversation.isAnswer(packet);
    const stop = { cause, side: this.#sideOf(conversation, packet, isAnswer), isAnswer };
    const known = stops.find((each) => JSON.stringify(each.stop) === JSON.stringify(stop));
    if (known === undefined) stops.push({ stop, count: 1 });
    else known.count += 1;
  }

  #sideOf({ hop }: Conversation, { iif, oif }: TracedPacket, isAnswer: boolean): PacketSide {
    if (this.#input.isTap(iif)) return 'from-guest';
    if (this.#input.isTap(oif)) return 'to-guest';
    return hop === 'in' && !isAnswer ? 'from-outside' : 'from-guest';
  }
}
