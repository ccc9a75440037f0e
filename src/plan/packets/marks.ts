import type { MacAddress } from '../../base/address.ts';
import type { TracedPacket } from '../../parse/trace-line.ts';
import { ETHERTYPE, ethernet, udpPacket } from '../../render/frames.ts';
import type { PacketScene } from './scene.ts';

/** Discard (RFC 863). */
const MARK_PORT = 9;
/** Behind the ports of the conversations. */
const FIRST_OFFSET = 50;
const MARKS = 50;
/** Nobody's: the kernel shows the frame to the first hook of the tap and does nothing else with it. */
const NOBODY = '02:00:00:00:00:02' as MacAddress;

/** A frame of the guest that says nothing: when the trace has shown it, it has shown what the guest sent before. */
export function markFrame({ guest, network, firstPort }: PacketScene, mark: number): Buffer | null {
  if (guest.ipv4 === null) return null;
  const ends = { from: guest.ipv4, to: network.ipv4Gateway };
  const ports = { sourcePort: firstPort + FIRST_OFFSET + mark, targetPort: MARK_PORT };
  return ethernet({ from: guest.mac, to: NOBODY }, ETHERTYPE.ipv4, udpPacket(ends, ports, Buffer.alloc(0)));
}

/** Which mark a packet of the trace is, by its place in the turn; null for any other packet. */
export function markOf({ guest, firstPort }: PacketScene, packet: TracedPacket): number | null {
  const { protocol, from, sourcePort, targetPort } = packet;
  if (protocol !== 'udp' || from !== guest.ipv4 || targetPort !== MARK_PORT || sourcePort === null) return null;
  const mark = sourcePort - firstPort - FIRST_OFFSET;
  return mark >= 0 && mark < MARKS ? mark : null;
}

/** Marks are told apart among those that may be on their way. */
export function markAfter(mark: number): number {
  return (mark + 1) % MARKS;
}
