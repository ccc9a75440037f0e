import { connect, type Socket } from 'node:net';
import { sleep } from '../../base/clock.ts';
import type { Frame } from '../../parse/frame.ts';
import type { Conversation, Wire } from '../../plan/packets/conversation.ts';
import { markAfter, markFrame } from '../../plan/packets/marks.ts';
import { Pace, type Patience } from '../../plan/packets/pace.ts';
import type { TraceReader } from '../../plan/packets/read-trace.ts';
import { type PacketScene, SSH_PORT } from '../../plan/packets/scene.ts';
import type { Wires } from './wires.ts';

const POLL_MS = 15;
/** So many of the same kind stopped, and it is no accident and no limit to a rate. */
const STOPPED_OFTEN = 3;
/** How fast the first question is asked again: not so that a slow host has to read hundreds of them. */
const SLOWER_BY = 1.25;
const FIRST_AGAIN_MS = 15;
const LAST_AGAIN_MS = 1000;

/** What is said and heard of each conversation. */
export class Talks {
  readonly #conversations: readonly Conversation[];
  readonly #done = new Set<Conversation>();
  /** The host's own connections that are under way. */
  readonly #sockets = new Set<Socket>();
  #wires: Wires | null = null;
  #mark = 0;

  constructor(conversations: readonly Conversation[]) {
    this.#conversations = conversations;
  }

  use(wires: Wires): void {
    this.#wires = wires;
  }

  hear(wire: Wire, frame: Frame): void {
    for (const conversation of this.#conversations) {
      const reaction = conversation.react(wire, frame);
      if (reaction === null) continue;
      for (const said of reaction.send ?? []) this.#wires?.send(said.wire, said.frame);
      if (reaction.isDone === true) this.#done.add(conversation);
    }
  }

  hasWorked(conversation: Conversation, reader: TraceReader): boolean {
    return this.#done.has(conversation) || reader.followed(conversation).hasLeft;
  }

  /**
   * Holds all conversations at the same time, until each has worked or is seen not to.
   *
   * @param traceLimitMs how long the trace may take until it shows anything
   * @returns whether silence counts: `behind` when the trace did not come after
   */
  async hold(
    scene: PacketScene,
    reader: TraceReader,
    patience: Patience,
    traceLimitMs: number,
  ): Promise<'over' | 'behind'> {
    try {
      const sightMs = await this.#awaitTrace(scene, reader, traceLimitMs);
      return await this.#holdAll(scene, reader, new Pace(patience, Date.now(), sightMs));
    } finally {
      for (const socket of this.#sockets) socket.destroy();
    }
  }

  async #holdAll(scene: PacketScene, reader: TraceReader, pace: Pace): Promise<'over' | 'behind'> {
    for (;;) {
      if (reader.mark !== null) pace.saw(reader.mark, Date.now());
      const open = this.#conversations.filter((each) => !this.hasWorked(each, reader) && !isStopped(each, reader));
      const found = open.length === 0 ? 'over' : pace.look(Date.now());
      if (found !== 'wait') return found;
      if (pace.mayAsk(Date.now())) {
        for (const each of open) this.#open(each, scene, pace.patienceMs);
        pace.asked(this.#sendMark(scene), Date.now());
      }
      await sleep(POLL_MS);
    }
  }

  #open(conversation: Conversation, scene: PacketScene, patienceMs: number): void {
    if (conversation.opening !== null) this.#wires?.send(conversation.opening.wire, conversation.opening.frame);
    else this.#connect(conversation, scene, patienceMs);
  }

  /** The host's own connection, as `lodge ssh` begins it. */
  #connect(conversation: Conversation, { guest, watched }: PacketScene, patienceMs: number): void {
    const { hop, family } = conversation;
    const host = (hop === 'ssh-to-this-guest' ? watched : guest)?.[family] ?? null;
    if (host === null) return;
    const socket = connect({ host, port: SSH_PORT });
    this.#sockets.add(socket);
    const end = () => socket.destroy();
    const timer = setTimeout(end, patienceMs);
    socket.on('connect', () => {
      this.#done.add(conversation);
      end();
    });
    socket.on('error', end);
    socket.on('close', () => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
    });
  }

  /**
   * Nothing says when the monitor listens: a mark is sent until one is seen.
   *
   * @returns how long that took; null when none was
   */
  async #awaitTrace(scene: PacketScene, reader: TraceReader, limitMs: number): Promise<number | null> {
    const begunMs = Date.now();
    let againMs = FIRST_AGAIN_MS;
    let sentMs = Number.NEGATIVE_INFINITY;
    while (reader.mark === null) {
      const nowMs = Date.now();
      if (nowMs - begunMs > limitMs) return null;
      if (nowMs - sentMs >= againMs) {
        this.#sendMark(scene);
        sentMs = nowMs;
        againMs = Math.min(LAST_AGAIN_MS, againMs * SLOWER_BY);
      }
      await sleep(POLL_MS);
    }
    return Date.now() - begunMs;
  }

  #sendMark(scene: PacketScene): number {
    this.#mark = markAfter(this.#mark);
    const frame = markFrame(scene, this.#mark);
    if (frame !== null) this.#wires?.send('guest', frame);
    return this.#mark;
  }
}

function isStopped(conversation: Conversation, reader: TraceReader): boolean {
  const { stops } = reader.followed(conversation);
  return stops.some(({ count }) => count >= STOPPED_OFTEN);
}
