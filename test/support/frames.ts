import { type Ipv4Address, type Ipv6Address, ipv4ToNumber, ipv6ToBigInt } from '../../src/base/address.ts';

/** Ethernet frames byte by byte, for tests that lie on purpose. Addresses are text; nothing is checked. */
export function ethernet(frame: { to: string; from: string; type: number; body: Buffer }): Buffer {
  return Buffer.concat([mac(frame.to), mac(frame.from), u16(frame.type), frame.body]);
}

/** RFC 826, a reply (which also announces). */
export function arpReply(body: { senderMac: string; senderIp: string; targetMac: string; targetIp: string }): Buffer {
  const head = [u16(1), u16(0x0800), Buffer.from([6, 4]), u16(2)];
  return Buffer.concat([...head, mac(body.senderMac), ipv4(body.senderIp), mac(body.targetMac), ipv4(body.targetIp)]);
}

/** IPv4 with one UDP datagram of eight bytes; UDP's checksum 0 means none. */
export function ipv4Udp(packet: { from: string; to: string; sourcePort: number; targetPort: number }): Buffer {
  const udp = Buffer.concat([u16(packet.sourcePort), u16(packet.targetPort), u16(16), u16(0), Buffer.alloc(8)]);
  const head = Buffer.concat([
    Buffer.from([0x45, 0]),
    u16(20 + udp.length),
    Buffer.from([0, 1, 0, 0, 64, 17, 0, 0]),
    ipv4(packet.from),
    ipv4(packet.to),
  ]);
  head.writeUInt16BE(checksum(head), 10);
  return Buffer.concat([head, udp]);
}

export function ipv6Udp(packet: { from: string; to: string; sourcePort: number; targetPort: number }): Buffer {
  const udp = Buffer.concat([u16(packet.sourcePort), u16(packet.targetPort), u16(16), u16(0), Buffer.alloc(8)]);
  return ipv6(packet.from, packet.to, 17, udp, 6);
}

/** RFC 4861 section 4.4: "`target` has the link address `mac`", with the override flag. */
export function neighbourAdvert(packet: { from: string; to: string; target: string; mac: string }): Buffer {
  const body = [Buffer.from([136, 0, 0, 0, 0x20, 0, 0, 0]), ipv6Bytes(packet.target), Buffer.from([2, 1])];
  return ipv6(packet.from, packet.to, 58, Buffer.concat([...body, mac(packet.mac)]), 2);
}

/** RFC 4862 section 5.4.2: the question of an image that checks whether its address is free, without a source address. */
export function duplicateCheck(target: string): Buffer {
  const body = Buffer.concat([Buffer.from([135, 0, 0, 0, 0, 0, 0, 0]), ipv6Bytes(target)]);
  return ipv6('::', 'ff02::1', 58, body, 2);
}

/** RFC 4861 section 4.2: a router with a lifetime of half an hour. */
export function routerAdvert(packet: { from: string; to: string }): Buffer {
  const body = Buffer.from([134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
  return ipv6(packet.from, packet.to, 58, body, 2);
}

/** RFC 4861 section 4.5. */
export function redirect(packet: { from: string; to: string; target: string; about: string }): Buffer {
  const body = [Buffer.from([137, 0, 0, 0, 0, 0, 0, 0]), ipv6Bytes(packet.target), ipv6Bytes(packet.about)];
  return ipv6(packet.from, packet.to, 58, Buffer.concat(body), 2);
}

/** IPv6 with any body whose checksum is at `checksumAt`; null: it has none, or is meant to be wrong. */
export function ipv6(from: string, to: string, next: number, body: Buffer, checksumAt: number | null): Buffer {
  const ends = Buffer.concat([ipv6Bytes(from), ipv6Bytes(to)]);
  const pseudo = Buffer.concat([ends, u16(0), u16(body.length), Buffer.from([0, 0, 0, next]), body]);
  if (checksumAt !== null) body.writeUInt16BE(checksum(pseudo), checksumAt);
  return Buffer.concat([Buffer.from([0x60, 0, 0, 0]), u16(body.length), Buffer.from([next, 255]), ends, body]);
}

/** RFC 1071. */
export function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt8(at) * 256 + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export function mac(text: string): Buffer {
  return Buffer.from(text.replaceAll(':', ''), 'hex');
}

export function ipv4(text: string): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(ipv4ToNumber(text as Ipv4Address));
  return bytes;
}

export function ipv6Bytes(text: string): Buffer {
  return Buffer.from(
    ipv6ToBigInt(text as Ipv6Address)
      .toString(16)
      .padStart(32, '0'),
    'hex',
  );
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
