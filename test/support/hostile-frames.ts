import { checksum, ipv4, ipv6, ipv6Bytes, mac, u16 } from './frames.ts';

/** Packets and payloads that an honest guest never sends, for tests that lie on purpose. Nothing is checked. */

/** IPv4 with any protocol in it. `fragment`: the field of flags and offset. */
export function ipv4Packet(packet: {
  from: string;
  to: string;
  protocol: number;
  body: Buffer;
  fragment?: number;
  options?: Buffer;
}): Buffer {
  const options = packet.options ?? Buffer.alloc(0);
  const head = Buffer.concat([
    Buffer.from([0x45 + options.length / 4, 0]),
    u16(20 + options.length + packet.body.length),
    u16(7),
    u16(packet.fragment ?? 0),
    Buffer.from([64, packet.protocol, 0, 0]),
    ipv4(packet.from),
    ipv4(packet.to),
    options,
  ]);
  head.writeUInt16BE(checksum(head), 10);
  return Buffer.concat([head, packet.body]);
}

export const FLAG = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 } as const;

/** 20 bytes of TCP without a checksum. */
export function tcpHead(segment: { from: number; to: number; flags: number; dataOffset?: number }): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt16BE(segment.from, 0);
  head.writeUInt16BE(segment.to, 2);
  head.writeUInt32BE(1000, 4);
  head[12] = (segment.dataOffset ?? 5) << 4;
  head[13] = segment.flags;
  head.writeUInt16BE(1024, 14);
  return head;
}

/** 16 bytes of UDP without a checksum, which IPv4 allows. */
export function udpHead(
  ports: { from: number; to: number },
  body: Buffer = Buffer.alloc(8),
  length = 8 + body.length,
): Buffer {
  return Buffer.concat([u16(ports.from), u16(ports.to), u16(length), u16(0), body]);
}

/** The body with the checksum of TCP and UDP over IPv4. */
export function summed4(from: string, to: string, protocol: number, body: Buffer, checksumAt: number): Buffer {
  const copy = Buffer.from(body);
  const odd = Buffer.alloc(copy.length % 2);
  copy.writeUInt16BE(
    checksum(Buffer.concat([ipv4(from), ipv4(to), Buffer.from([0, protocol]), u16(copy.length), copy, odd])),
    checksumAt,
  );
  return copy;
}

/** ICMP of IPv4 with its checksum. */
export function icmp(type: number, code: number, rest: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from([type, code, 0, 0]), rest]);
  body.writeUInt16BE(checksum(body), 2);
  return body;
}

/** A client's DHCP message: RFC 2131 section 2. Options are pairs of a code and its bytes. */
export function dhcp(message: {
  chaddr: string;
  ciaddr?: string;
  giaddr?: string;
  options: [number, Buffer][];
}): Buffer {
  const head = Buffer.alloc(236);
  head.set([1, 1, 6, 0], 0);
  head.writeUInt32BE(0x1234abcd, 4);
  head.set(ipv4(message.ciaddr ?? '0.0.0.0'), 12);
  head.set(ipv4(message.giaddr ?? '0.0.0.0'), 24);
  head.set(mac(message.chaddr), 28);
  const options = message.options.map(([code, value]) => Buffer.concat([Buffer.from([code, value.length]), value]));
  return Buffer.concat([head, Buffer.from([0x63, 0x82, 0x53, 0x63]), ...options, Buffer.from([255])]);
}

export const DHCP = { discover: 1, request: 3, decline: 4, release: 7, inform: 8 } as const;

/** Options of RFC 3315/8415: a code and its bytes. */
export function dhcpv6(type: number, options: [number, Buffer][]): Buffer {
  return Buffer.concat([
    Buffer.from([type, 1, 2, 3]),
    ...options.map(([code, value]) => Buffer.concat([u16(code), u16(value.length), value])),
  ]);
}

/** Neighbour discovery of any type with any options: `[type, MAC]` of eight bytes each. */
export function discovery(packet: {
  type: 133 | 135 | 136;
  from: string;
  to: string;
  target?: string;
  options: [number, string][];
}): Buffer {
  const target = packet.target === undefined ? Buffer.alloc(0) : ipv6Bytes(packet.target);
  const options = packet.options.map(([type, address]) => Buffer.concat([Buffer.from([type, 1]), mac(address)]));
  const flags = packet.type === 136 ? 0x20 : 0;
  const body = Buffer.concat([Buffer.from([packet.type, 0, 0, 0, flags, 0, 0, 0]), target, ...options]);
  return ipv6(packet.from, packet.to, 58, body, 2);
}
