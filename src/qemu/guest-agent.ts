import { connect, type Socket } from 'node:net';
import { LodgeError } from '../base/errors.ts';
import { createLineSplitter, decodeMessage } from './qmp-wire.ts';

/** An agent that runs answers at once; one that is not there never does, so the wait is short. */
const AGENT_TIMEOUT_MS = 3_000;
/** Neither side's JSON can hold this byte: it marks where to begin (QEMU qga/qapi-schema.json, guest-sync-delimited). */
const SENTINEL = 0xff;
const ANSWER_MAX_CHARACTERS = 64 * 1024;

export interface GuestAgent {
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
  const socket = connect(socketPath);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const limit = setTimeout(() => {
    const message = `no guest agent answered at ${socketPath} within ${timeoutMs / 1000} s`;
    failed.reject(new LodgeError('TIMED_OUT', message, { hint: 'install qemu-guest-agent in the guest' }));
  }, timeoutMs);
  const hungUp = (cause?: Error) =>
    failed.reject(new LodgeError('QMP_CLOSED', `there is no guest agent channel at ${socketPath}`, { cause }));
  socket.on('error', hungUp);
  socket.on('close', () => hungUp());
  try {
    await Promise.race([synchronise(socket), failed.promise]);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(limit);
  }
  return {
    shutdown: (mode = 'powerdown') => Promise.race([send(socket, 'guest-shutdown', { mode }), failed.promise]),
    close() {
      // end, not destroy: what was written must reach the channel.
      socket.end();
      socket.resume();
    },
  };
}

/**
 * Asks the agent in a guest to shut it down, and hangs up.
 *
 * @throws as `connectAgent`.
 */
export async function agentShutdown(socketPath: string, options: { timeoutMs?: number } = {}): Promise<void> {
  const agent = await connectAgent(socketPath, options);
  await agent.shutdown().finally(() => agent.close());
}

function send(socket: Socket, command: string, args: Record<string, unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    const line = `${JSON.stringify({ execute: command, arguments: args })}\n`;
    socket.write(line, (error) => (error ? reject(error) : resolve()));
  });
}

/** The guest writes what it likes here: anything but the awaited answer is skipped or ends the attempt, never the daemon. */
function synchronise(socket: Socket): Promise<void> {
  const id = Number(process.hrtime.bigint() & 0x7fff_ffffn);
  const command = JSON.stringify({ execute: 'guest-sync-delimited', arguments: { id } });
  socket.write(Buffer.concat([Buffer.of(SENTINEL), Buffer.from(`${command}\n`)]));
  return new Promise((resolve, reject) => {
    let splitter: ReturnType<typeof createLineSplitter> | null = null;
    const isAnswer = (line: string) => {
      const message = decodeMessage(line);
      return message.kind === 'reply' && message.value === id;
    };
    socket.on('data', function onData(chunk: Buffer) {
      const start = chunk.lastIndexOf(SENTINEL);
      if (start !== -1) splitter = createLineSplitter(ANSWER_MAX_CHARACTERS);
      try {
        if (!splitter?.push(chunk.subarray(start + 1)).some(isAnswer)) return;
        socket.off('data', onData);
        resolve();
      } catch (error) {
        reject(error);
      }
    });
  });
}
