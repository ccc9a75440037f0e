import type { Duplex } from 'node:stream';
import {
  encodeCount,
  encodeFrames,
  FRAME,
  type Frame,
  type FrameKind,
  FrameReader,
  INPUT_CREDIT_BYTES,
} from '../api/exec-frames.ts';
import { LodgeError } from '../base/errors.ts';
import type { ExecSignal, StartedExec } from '../engine/guests/exec/start-exec.ts';

/** Carries one command's streams between its caller and the guest, until it ends or the caller is gone. */
export function joinExec(stream: Duplex, { exec, signal, abandon }: StartedExec): void {
  let isOver = false;
  const send = (kind: FrameKind, payload: Uint8Array) => {
    let flushed = true;
    for (const bytes of encodeFrames(kind, payload)) flushed = stream.write(bytes);
    return flushed;
  };
  const input = new InputGate((bytes) => isOver || send(FRAME.taken, encodeCount(bytes)));
  const reader = new FrameReader();
  stream.on('data', (chunk: Buffer) => {
    // A caller who has not seen the end yet: it goes nowhere, and an answer would break the connection off before he has read it.
    if (isOver) return;
    try {
      for (const frame of reader.push(chunk)) obey(frame);
    } catch {
      // Not one of our command lines: nothing it says can be trusted to mean an end of the input.
      stream.destroy();
    }
  });
  const obey = ({ kind, payload }: Frame) => {
    if (kind === FRAME.stdin) return input.pass(payload, exec.write.bind(exec));
    if (kind === FRAME.stdinEnd) return exec.endInput();
    // An agent that does not answer any more has nobody who could pass a signal on.
    if (kind === FRAME.signal) return void signal(signalOf(payload)).catch(() => {});
    throw new LodgeError('USAGE', `a frame of the kind ${kind} is not for the daemon`);
  };
  exec.onOutput((which, bytes) => {
    if (send(which === 'stdout' ? FRAME.stdout : FRAME.stderr, bytes)) return;
    exec.pause();
    stream.once('drain', () => exec.resume());
  });
  void exec.ended.then((end) => {
    isOver = true;
    send(FRAME.end, Buffer.from(JSON.stringify(end)));
    stream.end();
  });
  // An end without our own end frame is a caller that was killed: the input is cut off, not at its end.
  const leave = () => {
    if (isOver) return;
    isOver = true;
    stream.destroy();
    void abandon();
  };
  stream.on('end', leave).on('close', leave).on('error', leave);
}

/** Holds a caller to the credit it has for input: no more than that is ever kept here. */
class InputGate {
  #credit = INPUT_CREDIT_BYTES;
  readonly #giveBack: (bytes: number) => unknown;

  constructor(giveBack: (bytes: number) => unknown) {
    this.#giveBack = giveBack;
  }

  pass(bytes: Buffer, write: (bytes: Uint8Array, taken: () => void) => void): void {
    this.#credit -= bytes.length;
    if (this.#credit < 0) throw new LodgeError('USAGE', 'more input was sent than there was credit for');
    write(bytes, () => {
      this.#credit += bytes.length;
      this.#giveBack(bytes.length);
    });
  }
}

const SIGNALS: readonly ExecSignal[] = ['HUP', 'INT', 'TERM', 'KILL'];

function signalOf(payload: Buffer): ExecSignal {
  const found = SIGNALS.find((one) => one === payload.toString('latin1'));
  if (found === undefined) throw new LodgeError('USAGE', 'there is no such signal');
  return found;
}
