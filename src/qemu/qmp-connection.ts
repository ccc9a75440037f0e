import type { Socket } from 'node:net';
import { LodgeError } from '../base/errors.ts';
import { sendWithDescriptor } from '../host/send-descriptor.ts';
import { timeoutOf } from './qmp-timeouts.ts';
import {
  createLineSplitter,
  decodeMessage,
  encodeCommand,
  isUnheard,
  type QmpEvent,
  type QmpMessage,
} from './qmp-wire.ts';

/** How a connection ended. `shutdown` is what QEMU announced last, when it announced its end at all. */
export interface MonitorEnd {
  by: 'us' | 'peer';
  error: Error | null;
  shutdown: { guest: boolean; reason: string } | null;
}

export interface CommandOptions {
  timeoutMs?: number;
  /** An open file that goes with it, for `add-fd`. */
  descriptor?: number;
}

interface Pending {
  command: string;
  timer: NodeJS.Timeout;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/** One socket to a monitor: matches replies to commands, hands events on, and ends once. */
export class QmpConnection {
  readonly greeting: Promise<string>;
  readonly closed: Promise<MonitorEnd>;
  readonly #greeting = Promise.withResolvers<string>();
  readonly #closed = Promise.withResolvers<MonitorEnd>();
  readonly #pending = new Map<string, Pending>();
  readonly #listeners = new Set<(event: QmpEvent) => void>();
  readonly #socket: Socket;
  readonly #socketPath: string;
  readonly #log: (line: string) => void;
  #shutdown: MonitorEnd['shutdown'] = null;
  #sent = 0;
  #ended = false;

  constructor(socket: Socket, socketPath: string, log: (line: string) => void) {
    this.#socket = socket;
    this.#socketPath = socketPath;
    this.#log = log;
    this.greeting = this.#greeting.promise;
    this.closed = this.#closed.promise;
    // Nobody may be waiting for it any more when the connection ends.
    this.greeting.catch(() => {});
    this.#listen();
  }

  #listen(): void {
    const splitter = createLineSplitter();
    this.#socket.on('data', (chunk) => {
      try {
        for (const line of splitter.push(chunk)) {
          if (isUnheard(line)) continue;
          this.#log(`< ${line}`);
          this.#receive(decodeMessage(line));
        }
      } catch (error) {
        this.end('us', error as Error);
      }
    });
    this.#socket.on('error', (cause) =>
      this.end('peer', new LodgeError('QMP_CLOSED', `there is no monitor at ${this.#socketPath}`, { cause })),
    );
    this.#socket.on('close', () => this.end('peer', null));
  }

  #receive(message: QmpMessage): void {
    if (message.kind === 'greeting') {
      this.#greeting.resolve(message.version);
      return;
    }
    if (message.kind === 'event') {
      if (message.event.name === 'SHUTDOWN') this.#shutdown = readShutdown(message.event);
      for (const listener of this.#listeners) listener(message.event);
      return;
    }
    const one = this.#pending.get(String(message.id));
    if (one === undefined) return;
    this.#pending.delete(String(message.id));
    clearTimeout(one.timer);
    if (message.kind === 'reply') one.resolve(message.value);
    else one.reject(refused(one.command, message.class, message.description));
  }

  execute(command: string, args?: Record<string, unknown>, options: CommandOptions = {}): Promise<unknown> {
    if (this.#ended) return Promise.reject(closedBefore(command, undefined));
    const id = `lodge-${++this.#sent}`;
    const timeoutMs = options.timeoutMs ?? timeoutOf(command);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new LodgeError('TIMED_OUT', `QEMU did not answer ${command} within ${timeoutMs / 1000} s`));
      }, timeoutMs);
      this.#pending.set(id, { command, timer, resolve, reject });
      const line = encodeCommand(id, command, args);
      this.#log(`> ${line.trimEnd()}`);
      if (options.descriptor === undefined) return void this.#socket.write(line);
      sendWithDescriptor(this.#socket, line, options.descriptor).catch((error: Error) => {
        clearTimeout(timer);
        this.#pending.delete(id);
        reject(error);
      });
    });
  }

  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  end(by: 'us' | 'peer', error: Error | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.destroy();
    this.#greeting.reject(error ?? new LodgeError('QMP_CLOSED', `the monitor ${this.#socketPath} was closed`));
    for (const one of this.#pending.values()) {
      clearTimeout(one.timer);
      one.reject(closedBefore(one.command, error ?? undefined));
    }
    this.#pending.clear();
    this.#closed.resolve({ by, error, shutdown: this.#shutdown });
  }
}

function readShutdown(event: QmpEvent): MonitorEnd['shutdown'] {
  return { guest: event.data.guest === true, reason: String(event.data.reason ?? 'unknown') };
}

function closedBefore(command: string, cause: Error | undefined): LodgeError {
  return new LodgeError('QMP_CLOSED', `the monitor was closed before QEMU answered ${command}`, { cause });
}

function refused(command: string, errorClass: string, description: string): LodgeError {
  return new LodgeError('QMP_FAILED', `QEMU refused ${command}: ${description} (${errorClass})`);
}
