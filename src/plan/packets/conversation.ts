import type { PacketFamily, PacketHop } from '../../model/packet-report.ts';
import type { Frame } from '../../parse/frame.ts';
import type { TracedPacket } from '../../parse/trace-line.ts';

/** Whose wire a frame is on: the guest's, its neighbour's, or the wire before an uplink. */
export type Wire = 'guest' | 'neighbour' | `outside:${string}`;

export interface Reaction {
  send?: { wire: Wire; frame: Buffer }[];
  /** The answer is there. */
  isDone?: boolean;
}

/** One hop, as frames: what opens it, what the ends say to what they hear, and when it has worked. */
export interface Conversation {
  hop: PacketHop;
  family: PacketFamily;
  link: string | null;
  /** Sent again and again until it has worked. Null: the host itself opens it. */
  opening: { wire: Wire; frame: Buffer } | null;
  react: (wire: Wire, frame: Frame) => Reaction | null;
  /** Whether a packet of the trace is of this conversation. */
  owns: (packet: TracedPacket) => boolean;
  /** Whether such a packet is the answer. */
  isAnswer: (packet: TracedPacket) => boolean;
  /** It has worked when a packet of it (the answer, where `answer`) leaves by an uplink: no foreign host is needed. */
  leaves: 'opening' | 'answer' | null;
}
