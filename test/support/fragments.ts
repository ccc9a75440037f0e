import { ethernet, u16 } from './frames.ts';
import { ipv4Packet } from './hostile-frames.ts';

interface Cut {
  to: string;
  from: string;
}

/** An IPv4 packet cut into fragments of so many bytes, as frames. `reverse`: the last one first. */
export function fragments4(
  ends: Cut,
  packet: { from: string; to: string; protocol: number; body: Buffer },
  bytes: number,
): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < packet.body.length; at += bytes) {
    const body = packet.body.subarray(at, at + bytes);
    const more = at + bytes < packet.body.length ? 0x2000 : 0;
    frames.push(ethernet({ ...ends, type: 0x0800, body: ipv4Packet({ ...packet, body, fragment: more | (at / 8) }) }));
  }
  return frames;
}

/** The IPv6 packet with its body in fragments behind a fragment header (RFC 8200 section 4.5); one piece alone is an atomic fragment. */
export function fragments6(ends: Cut, packet: Buffer, bytes: number, id: number): Buffer[] {
  const body = packet.subarray(40);
  const frames: Buffer[] = [];
  for (let at = 0; at < body.length; at += bytes) {
    const more = at + bytes < body.length ? 1 : 0;
    const head = Buffer.concat([
      Buffer.from([packet[6] ?? 0, 0]),
      u16(at | more),
      Buffer.from([0, 0, id >> 8, id & 255]),
    ]);
    frames.push(ethernet({ ...ends, type: 0x86dd, body: withBody(packet, 44, [head, body.subarray(at, at + bytes)]) }));
  }
  return frames;
}

/** The IPv6 packet with so many extension headers that say nothing before its body: hop-by-hop options (0) or destination options (60). */
export function behindHeaders(packet: Buffer, kinds: readonly (0 | 60)[]): Buffer {
  const [first] = kinds;
  if (first === undefined) return packet;
  const heads = kinds.map((_, at) => Buffer.from([kinds[at + 1] ?? packet[6] ?? 0, 0, 1, 4, 0, 0, 0, 0]));
  return withBody(packet, first, [...heads, packet.subarray(40)]);
}

function withBody(packet: Buffer, next: number, parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.from(packet.subarray(0, 40));
  head.writeUInt16BE(body.length, 4);
  head[6] = next;
  return Buffer.concat([head, body]);
}
