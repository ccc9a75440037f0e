import { connect, type Socket } from 'node:net';
import { LodgeError } from '../base/errors.ts';
import { createLineSplitter, decodeMessage, type QmpMessage } from './qmp-wire.ts';

/** An agent that runs answers at once; one that is not there never does, so the wait is short. */
const AGENT_TIMEOUT_MS = 3_000;
/** Neither side's JSON can hold this byte: it marks where to begin (QEMU qga/qapi-schema.json, guest-sync-delimited). */
const SENTINEL = 0xff;
/** The longest answer that is asked for is the list of a guest's interfaces. */
const ANSWER_MAX_CHARACTERS = 256 * 1024;
/** What an earlier client may have left unread in the channel; a guest that floods it is given up. */
const LEFTOVERS_MAX_BYTES = 16 * 1024 * 1024;

export interface GuestAgent {
  /**
   * One command, one answer: the agent does one after the other.
   *
   * @throws AGENT_REFUSED with the agent's words, TIMED_OUT, QMP_CLOSED, QMP_FAILED when it talks nonsense. After all but the first the
   *   channel is of no use any more.
   */
  execute(command: string, args?: Record<string, unknown>, options?: { timeoutMs?: number }): Promise<unknown>;
  /** Asks for a shutdown. The agent sends no answer to that (it may be gone before): resolved means asked. */
  shutdown(mode?: 'powerdown' | 'halt' | 'reboot'): Promise<void>;
  close(): void;
}

/**
 * Connects to the agent in a guest and makes sure that it answers. The channel outlives both ends: what a client before us
 * left unread lies in it. The sync command's answer, marked by the sentinel and our own number, is where our conversation begins.
 *
 * @throws TIMED_OUT when no agent answers, QMP_CLOSED when there is no channel, QMP_FAILED when it talks nonsense.
 */
export async function connectAgent(socketPath: string, options: { timeoutMs?: number } = {}): Promise<GuestAgent> {
  const timeoutMs = options.timeoutMs ?? AGENT_TIMEOUT_MS;
  const channel = new AgentChannel(connect(socketPath), socketPath);
  try {
    await channel.synchronise(timeoutMs);
  } catch (error) {
    channel.end(error as Error);
    throw error;
  }
  return {
    execute: (command, args = {}, { timeoutMs = AGENT_TIMEOUT_MS } = {}) => channel.ask(command, args, timeoutMs),
    shutdown: (mode = 'powerdown') => channel.tell('guest-shutdown', { mode }),
    close: () => channel.close(),
  };
}

interface Awaited {
  accept: (message: QmpMessage) => void;
  fail: (error: Error) => void;
}

/** The guest writes what it likes here: whatever is not the awaited answer ends the conversation, never the daemon. */
class AgentChannel {
  readonly #socket: Socket;
  readonly #socketPath: string;
  #splitter: ReturnType<typeof createLineSplitter> | null = null;
  /** What came before our own first answer; null once that is there. */
  #leftoverBytes: number | null = 0;
  #awaited: Awaited | null = null;
  #ended: Error | null = null;

  constructor(socket: Socket, socketPath: string) {
    this.#socket = socket;
    this.#socketPath = socketPath;
    const hungUp = (cause?: Error) =>
      this.end(new LodgeError('QMP_CLOSED', `there is no guest agent channel at ${socketPath}`, { cause }));
    socket.on('error', hungUp);
    socket.on('close', () => hungUp());
    socket.on('data', (chunk) => {
      try {
        this.#receive(chunk);
      } catch (error) {
        this.end(error as Error);
      }
    });
  }

  async synchronise(timeoutMs: number): Promise<void> {
    const id = Number(process.hrtime.bigint() & 0x7fff_ffffn);
    const command = JSON.stringify({ execute: 'guest-sync-delimited', arguments: { id } });
    this.#socket.write(Buffer.concat([Buffer.of(SENTINEL), Buffer.from(`${command}\n`)]));
    const late = new LodgeError(
      'TIMED_OUT',
      `no guest agent answered at ${this.#socketPath} within ${seconds(timeoutMs)} s`,
      {
        hint: 'install qemu-guest-agent in the guest',
      },
    );
    await this.#await(timeoutMs, late, (message) => message.kind === 'reply' && message.value === id);
    this.#leftoverBytes = null;
  }

  async ask(command: string, args: Record<string, unknown>, timeoutMs: number): Promise<unknown> {
    if (this.#awaited !== null) throw new Error(`${command} was asked before the last answer came`);
    const late = new LodgeError(
      'TIMED_OUT',
      `the guest agent did not answer ${command} within ${seconds(timeoutMs)} s`,
    );
    const answer = this.#await(timeoutMs, late, () => true);
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    const message = await answer;
    if (message.kind === 'reply') return message.value;
    const words = message.kind === 'failure' ? `: ${message.description.slice(0, 200)}` : '';
    throw new LodgeError('AGENT_REFUSED', `the guest agent refused ${command}${words}`);
  }

  tell(command: string, args: Record<string, unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) return reject(this.#ended);
      const line = `${JSON.stringify({ execute: command, arguments: args })}\n`;
      this.#socket.write(line, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** end, not destroy: what was written must reach the channel. */
  close(): void {
    this.#socket.end();
    this.#socket.resume();
  }

  end(error: Error): void {
    if (this.#ended !== null) return;
    this.#ended = error;
    this.#socket.destroy();
    this.#awaited?.fail(error);
  }

  #await(timeoutMs: number, late: Error, isWanted: (message: QmpMessage) => boolean): Promise<QmpMessage> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) return reject(this.#ended);
      const limit = setTimeout(() => this.end(late), timeoutMs);
      const settle = (act: () => void) => {
        clearTimeout(limit);
        this.#awaited = null;
        act();
      };
      this.#awaited = {
        accept: (message) => isWanted(message) && settle(() => resolve(message)),
        fail: (error) => settle(() => reject(error)),
      };
    });
  }

  #receive(chunk: Buffer): void {
    if (this.#awaited === null) throw new LodgeError('QMP_FAILED', 'the guest agent talks without being asked');
    // Until our own first answer everything may come, with sentinels of others in it.
    if (this.#leftoverBytes !== null) this.#leftoverBytes += chunk.length;
    if ((this.#leftoverBytes ?? 0) > LEFTOVERS_MAX_BYTES) {
      throw new LodgeError('QMP_FAILED', 'the guest agent floods its channel');
    }
    const start = this.#leftoverBytes === null ? -1 : chunk.lastIndexOf(SENTINEL);
    if (start !== -1) this.#splitter = createLineSplitter(ANSWER_MAX_CHARACTERS);
    if (this.#splitter === null) return;
    for (const line of this.#splitter.push(chunk.subarray(start + 1))) {
      if (this.#awaited === null) throw new LodgeError('QMP_FAILED', 'the guest agent talks without being asked');
      this.#awaited.accept(decodeMessage(line));
    }
  }
}

/** `280.8 -> 0.3`: what is left of a limit is no round number. */
function seconds(ms: number): string {
  return String(Math.ceil(ms / 100) / 10);
}
