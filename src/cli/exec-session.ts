import type { Socket } from 'node:net';
import { BROKEN_EXEC_HINT } from '../api/client-wire.ts';
import {
  encodeFrames,
  FRAME,
  FRAME_MAX_BYTES,
  type Frame,
  type FrameKind,
  FrameReader,
  INPUT_CREDIT_BYTES,
} from '../api/exec-frames.ts';
import { routes } from '../api/routes.ts';
import type { ExecEnd, ExecGuest } from '../api/types.ts';
import { EXIT } from '../base/error-codes.ts';
import { fromErrorBody, LodgeError } from '../base/errors.ts';
import type { CliContext } from './context.ts';

/** Where the streams of a command in a guest come from and go to. A promise that a side returns is waited for. */
export interface ExecSides {
  input: AsyncIterable<Uint8Array> | null;
  stdout(bytes: Buffer): Promise<void> | undefined;
  stderr(bytes: Buffer): Promise<void> | undefined;
}

/**
 * Runs a command in a guest by its agent and gives its exit code. Ctrl-C ends the command in the guest, and a second one kills it: that
 * is 130 then. The third does not wait for the guest any more.
 *
 * @throws what the daemon says instead of an exit code
 */
export async function runExec(
  { client, onInterrupt }: Pick<CliContext, 'client' | 'onInterrupt'>,
  name: string,
  request: ExecGuest,
  sides: ExecSides,
): Promise<number> {
  const { stream } = await client.upgrade(routes.guestExec(name), { ...request, stdin: sides.input !== null });
  const sender = new FrameSender(stream);
  const interrupted = Promise.withResolvers<void>();
  let interrupts = 0;
  const restore = onInterrupt(() => {
    interrupts += 1;
    if (interrupts > 2) return interrupted.resolve();
    void sender.send(FRAME.signal, Buffer.from(interrupts === 1 ? 'INT' : 'KILL'));
  });
  // The command may end before its input does: that is no error, and nobody waits for the rest.
  const feeding = sides.input === null ? null : feed(sender, sides.input);
  try {
    const failed = feeding === null ? new Promise<never>(() => {}) : feeding.then(() => new Promise<never>(() => {}));
    const end = await Promise.race([receive(stream, sender, sides), failed, interrupted.promise]);
    if (interrupts > 0 || end === undefined) return EXIT.interrupted;
    if ('error' in end) throw withHint(name, fromErrorBody(end.error));
    return end.exitCode;
  } finally {
    restore();
    sender.close();
    stream.destroy();
  }
}

/** Sends frames, input only as far as the daemon has given credit for. */
class FrameSender {
  readonly #stream: Socket;
  #credit = INPUT_CREDIT_BYTES;
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(stream: Socket) {
    this.#stream = stream;
  }

  async input(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length && !this.#isClosed; start += FRAME_MAX_BYTES) {
      const part = bytes.subarray(start, start + FRAME_MAX_BYTES);
      while (this.#credit < part.length && !this.#isClosed) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      this.#credit -= part.length;
      await this.send(FRAME.stdin, part);
    }
  }

  grant(bytes: number): void {
    this.#credit += bytes;
    this.#wake();
  }

  async send(kind: FrameKind, payload: Uint8Array): Promise<void> {
    let flushed = true;
    if (!this.#isClosed) for (const bytes of encodeFrames(kind, payload)) flushed = this.#stream.write(bytes);
    if (flushed) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#stream.off('drain', done).off('close', done);
        resolve();
      };
      this.#stream.on('drain', done).on('close', done);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }
}

async function feed(sender: FrameSender, input: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const bytes of input) await sender.input(bytes);
  await sender.send(FRAME.stdinEnd, Buffer.alloc(0));
}

async function receive(stream: Socket, sender: FrameSender, sides: ExecSides): Promise<ExecEnd> {
  const reader = new FrameReader();
  const take = ({ kind, payload }: Frame): Promise<void> | undefined => {
    if (kind === FRAME.stdout) return sides.stdout(payload);
    if (kind === FRAME.stderr) return sides.stderr(payload);
    if (kind === FRAME.taken) sender.grant(payload.readUInt32BE(0));
    return undefined;
  };
  for await (const chunk of untilClosed(stream)) {
    for (const frame of reader.push(chunk)) {
      if (frame.kind === FRAME.end) return JSON.parse(frame.payload.toString('utf8')) as ExecEnd;
      await take(frame);
    }
  }
  throw new LodgeError('DAEMON_UNREACHABLE', 'the daemon ended before the command in the guest did', {
    hint: BROKEN_EXEC_HINT,
  });
}

function withHint(name: string, error: LodgeError): LodgeError {
  if (error.problems?.some(({ path }) => path === 'user') !== true) return error;
  const hint = `its accounts: lodge exec ${name} -- getent passwd`;
  return new LodgeError(error.code, error.message, { hint, problems: error.problems });
}

/** A daemon that was killed resets the connection, or breaks what is sent: that is its end, and no error of its own. */
async function* untilClosed(stream: Socket): AsyncGenerator<Buffer> {
  try {
    yield* stream as AsyncIterable<Buffer>;
  } catch (error) {
    if (!['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
