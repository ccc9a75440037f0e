import { type Ipv4Address, type Ipv6Address, ipv4FromNumber, ipv6FromBigInt } from '../base/address.ts';

/** What a frame holds, as far as the hops of a guest look at it. */
export interface Frame {
  arp: { operation: number; sender: Ipv4Address } | null;
  ip: { from: Ipv4Address | Ipv6Address; to: Ipv4Address | Ipv6Address } | null;
  udp: { sourcePort: number; targetPort: number; body: Buffer } | null;
  tcp: {
    sourcePort: number;
    targetPort: number;
    sequence: number;
    acknowledge: number;
    flags: number;
    body: Buffer;
  } | null;
  /** The type, of ICMP or of ICMPv6. */
  icmp: { type: number; body: Buffer } | null;
}

const EMPTY: Frame = { arp: null, ip: null, udp: null, tcp: null, icmp: null };

/** Reads a frame; what is cut off or of another kind is empty. */
export function parseFrame(bytes: Buffer): Frame {
  try {
    return readFrame(bytes);
  } catch (error) {
    if (error instanceof RangeError) return EMPTY;
    throw error;
  }
}

function readFrame(bytes: Buffer): Frame {
  const body = bytes.subarray(14);
  switch (bytes.readUInt16BE(12)) {
    case 0x0806:
      return { ...EMPTY, arp: { operation: body.readUInt16BE(6), sender: ipv4FromNumber(body.readUInt32BE(14)) } };
    case 0x0800: {
      const ip = { from: ipv4FromNumber(body.readUInt32BE(12)), to: ipv4FromNumber(body.readUInt32BE(16)) };
      const payload = body.subarray((body.readUInt8(0) & 15) * 4, body.readUInt16BE(2));
      return { ...EMPTY, ip, ...readPayload(body.readUInt8(9), payload) };
    }
    case 0x86dd: {
      const ip = { from: ipv6At(body, 8), to: ipv6At(body, 24) };
      const payload = body.subarray(40, 40 + body.readUInt16BE(4));
      return { ...EMPTY, ip, ...readPayload(body.readUInt8(6), payload) };
    }
    default:
      return EMPTY;
  }
}

function readPayload(protocol: number, bytes: Buffer): Partial<Frame> {
  switch (protocol) {
    case 17:
      return {
        udp: { sourcePort: bytes.readUInt16BE(0), targetPort: bytes.readUInt16BE(2), body: bytes.subarray(8) },
      };
    case 6:
      return {
        tcp: {
          sourcePort: bytes.readUInt16BE(0),
          targetPort: bytes.readUInt16BE(2),
          sequence: bytes.readUInt32BE(4),
          acknowledge: bytes.readUInt32BE(8),
          flags: bytes.readUInt8(13),
          body: bytes.subarray((bytes.readUInt8(12) >> 4) * 4),
        },
      };
    case 1:
    case 58:
      return { icmp: { type: bytes.readUInt8(0), body: bytes.subarray(4) } };
    default:
      return {};
  }
}

function ipv6At(bytes: Buffer, at: number): Ipv6Address {
  return ipv6FromBigInt((bytes.readBigUInt64BE(at) << 64n) | bytes.readBigUInt64BE(at + 8));
}
