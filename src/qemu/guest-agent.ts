import type { Socket } from 'node:net';
import { LodgeError } from '../base/errors.ts';
import { connectToOwned } from '../host/owned-socket.ts';
import { type AgentDebt, collectDebt } from './agent-debt.ts';
import { createLineSplitter, decodeMessage, type QmpMessage } from './qmp-wire.ts';

/** An agent that runs answers at once; one that is not there never does, so the wait is short. */
const SYNC_TIMEOUT_MS = 3_000;
/** Of an agent that has answered once: what it is asked for takes it a fork or two, and a busy guest under emulation a while. */
const ANSWER_TIMEOUT_MS = 20_000;
/** Neither side's JSON can hold this byte: it marks where to begin (QEMU qga/qapi-schema.json, guest-sync-delimited). */
const SENTINEL = 0xff;
const SENTINEL_CHARACTER = '\xff';
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
  /**
   * Asks for a shutdown. The agent answers that only when it did not come to it, and may be gone before: resolved means asked, and
   * `onRefused` is called with its words, perhaps long after `close`.
   */
  shutdown(onRefused?: (words: string) => void): Promise<void>;
  /** Hangs up, or has the rest collected where an answer is still to come. */
  close(): void;
}

interface ConnectOptions {
  timeoutMs?: number;
  /** Told of a connection that is left while an answer is still to come: whoever needs the channel next has to have it closed. */
  onDebt?: (debt: AgentDebt) => void;
}

/**
 * Connects to the agent in a guest and makes sure that it answers. The channel outlives both ends: what a client before us
 * left unread lies in it. The sync command's answer, marked by the sentinel and our own number, is where our conversation begins.
 *
 * @throws TIMED_OUT when no agent answers, QMP_CLOSED when there is no channel, QMP_FAILED when it talks nonsense.
 */
export async function connectAgent(
  socketPath: string,
  { timeoutMs = SYNC_TIMEOUT_MS, onDebt = ({ forgive }) => forgive() }: ConnectOptions = {},
): Promise<GuestAgent> {
  const channel = new AgentChannel(connectToOwned(socketPath), socketPath, onDebt);
  try {
    await channel.synchronise(timeoutMs);
  } catch (error) {
    channel.end(error as Error);
    throw error;
  }
  return {
    execute: (command, args = {}, { timeoutMs = ANSWER_TIMEOUT_MS } = {}) => channel.ask(command, args, timeoutMs),
    shutdown: (onRefused = () => {}) => channel.tell('guest-shutdown', { mode: 'powerdown' }, onRefused),
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
  /** Whether a line is the answer to the last question; null when it came. */
  #owed: ((line: string) => boolean) | null = null;
  #ended: Error | null = null;
  readonly #onDebt: (debt: AgentDebt) => void;

  constructor(socket: Socket, socketPath: string, onDebt: (debt: AgentDebt) => void) {
    this.#socket = socket;
    this.#socketPath = socketPath;
    this.#onDebt = onDebt;
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
    const late = new LodgeError(
      'TIMED_OUT',
      `no guest agent answered at ${this.#socketPath} within ${seconds(timeoutMs)} s`,
      {
        hint: 'install qemu-guest-agent in the guest',
      },
    );
    const answer = this.#await(timeoutMs, late, (message) => message.kind === 'reply' && message.value === id);
    const words = `{"return":${id}}`;
    this.#owed = (line) => line.slice(line.lastIndexOf(SENTINEL_CHARACTER) + 1).replaceAll(/\s/g, '') === words;
    this.#socket.write(Buffer.concat([Buffer.of(SENTINEL), Buffer.from(`${command}\n`)]));
    await answer;
    this.#leftoverBytes = null;
  }

  async ask(command: string, args: Record<string, unknown>, timeoutMs: number): Promise<unknown> {
    if (this.#awaited !== null) throw new Error(`${command} was asked before the last answer came`);
    const late = new LodgeError(
      'TIMED_OUT',
      `the guest agent did not answer ${command} within ${seconds(timeoutMs)} s`,
    );
    const answer = this.#await(timeoutMs, late, () => true);
    if (this.#ended === null) this.#owed = () => true;
    this.#socket.write(encodeQuestion(command, args));
    const message = await answer;
    if (message.kind === 'reply') return message.value;
    throw new LodgeError('AGENT_REFUSED', `the guest agent refused ${command}${refusalOf(message)}`);
  }

  /** The last thing that is asked here: what is answered goes to `onRefused`. */
  tell(command: string, args: Record<string, unknown>, onRefused: (words: string) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) return reject(this.#ended);
      this.#socket.write(encodeQuestion(command, args), (error) => (error ? reject(error) : resolve()));
      this.#owed = (line) => {
        onRefused(refusalIn(line));
        return true;
      };
      this.close();
    });
  }

  close(): void {
    if (this.#ended !== null) return;
    this.#ended = new LodgeError('QMP_CLOSED', `the guest agent channel at ${this.#socketPath} was left`);
    if (this.#owed !== null) this.#leaveDebt(this.#owed);
    // end, not destroy: what was written must reach the channel.
    else this.#socket.resume().end();
  }

  end(error: Error): void {
    if (this.#ended !== null) return;
    this.#ended = error;
    if (this.#owed !== null && !this.#socket.destroyed) this.#leaveDebt(this.#owed);
    else this.#socket.destroy();
    this.#awaited?.fail(error);
  }

  #leaveDebt(owed: (line: string) => boolean): void {
    this.#socket.removeAllListeners('data');
    this.#onDebt(collectDebt(this.#socket, owed));
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
        accept: (message) => {
          if (!isWanted(message)) return;
          // An agent has neither greetings nor events.
          if (message.kind !== 'reply' && message.kind !== 'failure')
            throw new LodgeError('QMP_FAILED', `it sent a message of the kind ${message.kind}, and no answer`);
          this.#owed = null;
          settle(() => resolve(message));
        },
        fail: (error) => settle(() => reject(error)),
      };
    });
  }

  #receive(chunk: Buffer): void {
    if (this.#awaited === null) throw new LodgeError('QMP_FAILED', 'it talks without being asked');
    // Until our own first answer everything may come, with sentinels of others in it.
    if (this.#leftoverBytes !== null) this.#leftoverBytes += chunk.length;
    if ((this.#leftoverBytes ?? 0) > LEFTOVERS_MAX_BYTES) {
      throw new LodgeError('QMP_FAILED', 'it floods its channel');
    }
    const start = this.#leftoverBytes === null ? -1 : chunk.lastIndexOf(SENTINEL);
    if (start !== -1) this.#splitter = createLineSplitter(ANSWER_MAX_CHARACTERS, 'it');
    if (this.#splitter === null) return;
    for (const line of this.#splitter.push(chunk.subarray(start + 1))) {
      if (this.#awaited === null) throw new LodgeError('QMP_FAILED', 'it talks without being asked');
      this.#awaited.accept(decodeMessage(line, 'it'));
    }
  }
}

/** `280.8 -> 0.3`: what is left of a limit is no round number. */
function seconds(ms: number): string {
  return String(Math.ceil(ms / 100) / 10);
}

function encodeQuestion(command: string, args: Record<string, unknown>): string {
  return `${JSON.stringify({ execute: command, arguments: args })}\n`;
}

/** `: Command guest-shutdown has been disabled`; nothing where it gave no words. */
function refusalOf(message: QmpMessage): string {
  return message.kind === 'failure' ? `: ${message.description.slice(0, 200)}` : '';
}

function refusalIn(line: string): string {
  try {
    return refusalOf(decodeMessage(line));
  } catch {
    return '';
  }
}
