import { LodgeError, toErrorBody } from '../../../base/errors.ts';
import type { ExecEnd } from '../../../model/guest-exec.ts';
import type { LaneSockets } from '../../../qemu/exec-lane.ts';
import { TokenScanner } from './token-scanner.ts';

export type ExecStream = 'stdout' | 'stderr';

/** After the guest has let go of the port: how long its last bytes may take to come out of QEMU. */
const LAST_BYTES_MS = 1_000;

/** One command that was begun in a guest, by its three sockets. It keeps nothing: who does not take its output makes it wait. */
export class RunningExec {
  /** Resolves when the guest has said that the command begins. */
  readonly started: Promise<void>;
  readonly ended: Promise<ExecEnd>;
  readonly #started = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<ExecEnd>();
  readonly #sockets: LaneSockets;
  readonly #words: Record<ExecStream, string | null> = { stdout: null, stderr: null };
  #onOutput: (stream: ExecStream, bytes: Buffer) => void = () => {};
  #header: Buffer | null = Buffer.alloc(0);
  #paused = false;
  #guestClosed = false;
  #isOver = false;
  #lastBytes: NodeJS.Timeout | null = null;

  constructor(sockets: LaneSockets, token: string) {
    this.#sockets = sockets;
    this.started = this.#started.promise;
    this.started.catch(() => {});
    this.ended = this.#ended.promise;
    const scanners = { stdout: new TokenScanner(token), stderr: new TokenScanner(token) };
    const header = Buffer.from(`${token}\n`);
    sockets.out.on('data', (chunk) => this.#receive('stdout', scanners.stdout, this.#withoutHeader(chunk, header)));
    sockets.err.on('data', (chunk) => this.#receive('stderr', scanners.stderr, chunk));
    for (const socket of [sockets.out, sockets.err]) socket.on('close', () => this.fail(guestEnded()));
    // QEMU takes a command's unread input away with it.
    sockets.in.on('error', () => {});
    sockets.out.resume();
    // Nothing honest comes from there: what a guest writes to its own input is not read, and so it waits.
  }

  /** Output begins to come when somebody wants it. */
  onOutput(handler: (stream: ExecStream, bytes: Buffer) => void): void {
    this.#onOutput = handler;
    this.#sockets.err.resume();
    this.resume();
  }

  pause(): void {
    this.#paused = true;
    this.#sockets.out.pause();
    this.#sockets.err.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#words.stdout === null) this.#sockets.out.resume();
    if (this.#words.stderr === null) this.#sockets.err.resume();
  }

  /** `taken` is called when QEMU has the bytes. */
  write(bytes: Uint8Array, taken: () => void): void {
    // A command that has closed its input, or ended: what comes for it goes nowhere, as in a pipe without a reader.
    if (!this.#sockets.in.writable) taken();
    else this.#sockets.in.write(bytes, (error) => (error ? undefined : taken()));
  }

  endInput(): void {
    this.#sockets.in.end();
  }

  /** The guest's own side is closed: what is still on its way may come, and then it is over. */
  guestClosed(): void {
    // Before the first word nobody had it open for us.
    if (this.#header !== null) return;
    this.#guestClosed = true;
    this.#awaitLastBytes();
  }

  fail(error: unknown): void {
    this.#end({ error: toErrorBody(error) });
    this.#started.reject(error);
  }

  #withoutHeader(chunk: Buffer, header: Buffer): Buffer {
    if (this.#header === null) return chunk;
    const all = Buffer.concat([this.#header, chunk]);
    if (all.length < header.length) {
      this.#header = all;
      return Buffer.alloc(0);
    }
    if (!all.subarray(0, header.length).equals(header)) {
      this.fail(
        new LodgeError('AGENT_UNAVAILABLE', 'the guest answered with something else than the command that was begun'),
      );
      return Buffer.alloc(0);
    }
    this.#header = null;
    // Until somebody wants it the rest waits in the guest.
    this.#sockets.out.pause();
    this.#sockets.out.unshift(all.subarray(header.length));
    this.#started.resolve();
    return Buffer.alloc(0);
  }

  #receive(stream: ExecStream, scanner: TokenScanner, chunk: Buffer): void {
    if (this.#isOver || chunk.length === 0 || this.#words[stream] !== null) return;
    this.#awaitLastBytes();
    const { data, word } = scanner.push(chunk);
    for (const bytes of data) this.#onOutput(stream, bytes);
    if (word === null) return;
    this.#words[stream] = word;
    this.#sockets[stream === 'stdout' ? 'out' : 'err'].pause();
    const { stdout, stderr } = this.#words;
    if (stdout !== null && stderr !== null) this.#end(endOf(stdout));
  }

  #awaitLastBytes(): void {
    if (!this.#guestClosed || this.#isOver) return;
    if (this.#lastBytes !== null) clearTimeout(this.#lastBytes);
    this.#lastBytes = setTimeout(() => {
      // A reader that is slow is no guest that is gone.
      if (this.#paused) return this.#awaitLastBytes();
      // On a host that let us wait, what came meanwhile is read first: Node runs timers before it looks at its sockets.
      const waited = this.#lastBytes;
      setImmediate(() => {
        if (this.#lastBytes === waited) this.fail(guestEnded());
      });
    }, LAST_BYTES_MS);
  }

  #end(end: ExecEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#lastBytes !== null) clearTimeout(this.#lastBytes);
    this.#ended.resolve(end);
  }
}

function endOf(word: string): ExecEnd {
  if (/^\d{1,3}$/.test(word) && Number(word) <= 255) return { exitCode: Number(word) };
  if (word === 'account') {
    const problems = [{ path: 'user', rule: 'must be one that it has', value: undefined }];
    return { error: toErrorBody(new LodgeError('VALIDATION_FAILED', 'the guest has no such account', { problems })) };
  }
  return { error: toErrorBody(new LodgeError('AGENT_UNAVAILABLE', 'the guest said no exit code of the command')) };
}

function guestEnded(): LodgeError {
  return new LodgeError(
    'GUEST_UNREACHABLE',
    'the command was ended with the guest, or by it: it rebooted, stopped, or its agent ended',
    {
      hint: 'whether the guest runs: lodge ls',
    },
  );
}
