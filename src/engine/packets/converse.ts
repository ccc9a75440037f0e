import { connect } from 'node:net';
import { sleep } from '../../base/clock.ts';
import type { Frame } from '../../parse/frame.ts';
import type { Conversation, Wire } from '../../plan/packets/conversation.ts';
import type { TraceReader } from '../../plan/packets/read-trace.ts';
import { type PacketScene, SSH_PORT } from '../../plan/packets/scene.ts';
import type { Wires } from './wires.ts';

/** As a guest's own programs do it, a packet that is lost is sent again. */
const AGAIN_MS = 150;
const POLL_MS = 15;
/** So many of the same kind stopped, and it is no accident and no limit to a rate. */
const STOPPED_OFTEN = 3;
/** A conversation that nothing stops and nobody answers is given up. */
const PATIENCE_MS = 2500;
const TRACE_LIMIT_MS = 4000;

/** What is said and heard of each conversation. */
export class Talks {
  readonly #conversations: readonly Conversation[];
  readonly #done = new Set<Conversation>();
  #wires: Wires | null = null;

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

  /** Holds all conversations at the same time, until each has worked or is seen not to. */
  async hold(scene: PacketScene, reader: TraceReader): Promise<void> {
    await this.#awaitTrace(reader);
    const begunMs = Date.now();
    let openedMs = 0;
    for (;;) {
      const open = this.#conversations.filter((each) => !this.hasWorked(each, reader) && !isStopped(each, reader));
      const nowMs = Date.now();
      if (open.length === 0 || nowMs - begunMs > PATIENCE_MS) return;
      if (nowMs - openedMs >= AGAIN_MS) {
        openedMs = nowMs;
        for (const each of open) this.#open(each, scene);
      }
      await sleep(POLL_MS);
    }
  }

  #open(conversation: Conversation, scene: PacketScene): void {
    if (conversation.opening !== null) this.#wires?.send(conversation.opening.wire, conversation.opening.frame);
    else this.#connect(conversation, scene, () => this.#done.add(conversation));
  }

  /** The host's own connection, as `lodge ssh` begins it. */
  #connect({ hop, family }: Conversation, { guest, watched }: PacketScene, done: () => void): void {
    const host = (hop === 'ssh-to-this-guest' ? watched : guest)?.[family] ?? null;
    if (host === null) return;
    const socket = connect({ host, port: SSH_PORT });
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
    };
    const timer = setTimeout(end, PATIENCE_MS);
    socket.on('connect', () => {
      done();
      end();
    });
    socket.on('error', end);
  }

  /** Nothing says when the monitor listens: the guest's first question is asked until it is seen. */
  async #awaitTrace(reader: TraceReader): Promise<void> {
    const first = this.#conversations.find(({ opening }) => opening?.wire === 'guest');
    const begunMs = Date.now();
    while (reader.count === 0 && Date.now() - begunMs < TRACE_LIMIT_MS) {
      if (first?.opening) this.#wires?.send(first.opening.wire, first.opening.frame);
      await sleep(POLL_MS);
    }
  }
}

function isStopped(conversation: Conversation, reader: TraceReader): boolean {
  const { stops } = reader.followed(conversation);
  return stops.some(({ count }) => count >= STOPPED_OFTEN);
}
