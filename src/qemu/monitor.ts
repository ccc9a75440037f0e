import { LodgeError } from '../base/errors.ts';
import { connectToOwned } from '../host/owned-socket.ts';
import { type CommandOptions, type MonitorEnd, QmpConnection } from './qmp-connection.ts';
import { QMP_CONNECT_TIMEOUT_MS } from './qmp-timeouts.ts';
import type { QmpEvent } from './qmp-wire.ts';

export interface Monitor {
  /** Version in the greeting, `7.2.22`. */
  readonly version: string;
  /**
   * Sends one command and resolves with its `return` value. Several may be under way: replies are matched by id.
   *
   * @throws QMP_FAILED with class and description of an error reply, TIMED_OUT after `timeoutMs` (default: the table
   *   in qmp-timeouts.ts; a reply that comes later is dropped), QMP_CLOSED when the connection ends.
   */
  execute<T = unknown>(command: string, args?: Record<string, unknown>, options?: CommandOptions): Promise<T>;
  /** Calls the listener for each event until the returned function is called. */
  onEvent(listener: (event: QmpEvent) => void): () => void;
  /** Resolves once, when the connection has ended. Never rejects. */
  readonly closed: Promise<MonitorEnd>;
  close(): void;
}

export interface MonitorOptions {
  /** Limit for connecting, greeting and capabilities together. */
  timeoutMs?: number;
  /** Called with each line, `>` sent and `<` received. */
  log?: (line: string) => void;
}

/**
 * Connects to a monitor and negotiates its capabilities.
 *
 * @throws QMP_CLOSED when nobody listens or the other side hangs up, TIMED_OUT when no greeting comes.
 */
export async function connectMonitor(socketPath: string, options: MonitorOptions = {}): Promise<Monitor> {
  const connection = new QmpConnection(connectToOwned(socketPath), socketPath, options.log ?? (() => {}));
  const timeoutMs = options.timeoutMs ?? QMP_CONNECT_TIMEOUT_MS;
  const limit = setTimeout(() => connection.end('us', noGreeting(socketPath, timeoutMs)), timeoutMs);
  try {
    const version = await connection.greeting;
    await connection.execute('qmp_capabilities', undefined, { timeoutMs });
    return {
      version,
      execute: <T>(...parameters: Parameters<QmpConnection['execute']>) =>
        connection.execute(...parameters) as Promise<T>,
      onEvent: (listener) => connection.onEvent(listener),
      closed: connection.closed,
      close: () => connection.end('us', null),
    };
  } catch (error) {
    connection.end('us', null);
    throw error;
  } finally {
    clearTimeout(limit);
  }
}

function noGreeting(socketPath: string, timeoutMs: number): LodgeError {
  return new LodgeError('TIMED_OUT', `the monitor ${socketPath} sent no greeting within ${timeoutMs / 1000} s`, {
    hint: 'QEMU serves one client: end the program that holds the socket (ss -xp)',
  });
}
