import { LodgeError } from '../base/errors.ts';

/**
 * What flows on the connection of `POST /v1/guests/N/exec` after its 101: frames of one byte kind, four bytes length (big-endian) and as
 * many bytes. Input is sent on credit: `INPUT_CREDIT_BYTES` at first, then what `taken` gives back, so that a guest that does
 * not read its input does not keep a signal from it. Output waits in the guest for who does not read.
 */
export const FRAME = {
  /** To the guest: its input. */
  stdin: 0,
  /** To the guest: the input is at its end. */
  stdinEnd: 1,
  /** To the guest: `INT`, `TERM`, `HUP` or `KILL`, for the command and its children. */
  signal: 2,
  /** From the guest. */
  stdout: 3,
  stderr: 4,
  /** From the daemon: four bytes, how much of the input has gone to the guest. */
  taken: 5,
  /** The last one: ExecEnd as JSON. */
  end: 6,
} as const;

export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

export const FRAME_MAX_BYTES = 64 * 1024;
export const INPUT_CREDIT_BYTES = 256 * 1024;

const HEAD_BYTES = 5;

export interface Frame {
  kind: FrameKind;
  payload: Buffer;
}

/** One frame; more than a frame holds becomes several. */
export function encodeFrames(kind: FrameKind, payload: Uint8Array): Buffer[] {
  const frames: Buffer[] = [];
  let start = 0;
  do {
    const part = payload.subarray(start, start + FRAME_MAX_BYTES);
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    head.writeUInt8(kind, 0);
    head.writeUInt32BE(part.length, 1);
    frames.push(head, Buffer.from(part.buffer, part.byteOffset, part.length));
    start += FRAME_MAX_BYTES;
  } while (start < payload.length);
  return frames;
}

/** Four bytes, as `taken` carries them. */
export function encodeCount(count: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(count);
  return bytes;
}

/** Takes frames out of pieces of any size. It holds one frame at most, and the piece in which that ends. */
export class FrameReader {
  #pieces: Buffer[] = [];
  #length = 0;
  /** How many bytes make the next step: a head, or a head and what it announces. */
  #needed = HEAD_BYTES;

  /** @throws USAGE when it is not frames, or one is too long */
  *push(chunk: Buffer): Generator<Frame> {
    this.#pieces.push(chunk);
    this.#length += chunk.length;
    while (this.#length >= this.#needed) {
      const bytes = this.#join();
      const kind = bytes.readUInt8(0);
      const size = bytes.readUInt32BE(1);
      if (!isKind(kind) || size > FRAME_MAX_BYTES) throw new LodgeError('USAGE', 'the stream of a command is broken');
      this.#needed = HEAD_BYTES + size;
      if (this.#length < this.#needed) return;
      this.#pieces = [bytes.subarray(this.#needed)];
      this.#length -= this.#needed;
      this.#needed = HEAD_BYTES;
      yield { kind, payload: bytes.subarray(HEAD_BYTES, HEAD_BYTES + size) };
    }
  }

  #join(): Buffer {
    const [first = Buffer.alloc(0), ...rest] = this.#pieces;
    if (rest.length === 0) return first;
    const joined = Buffer.concat(this.#pieces);
    this.#pieces = [joined];
    return joined;
  }
}

function isKind(kind: number): kind is FrameKind {
  return kind <= FRAME.end;
}
