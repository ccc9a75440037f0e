import { type Ipv4Address, type Ipv6Address, ipv4ToNumber, ipv6ToBigInt, type MacAddress } from '../base/address.ts';

/** Ethernet frames byte by byte, as a guest's network card sends them. */

export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;
export const IP_PROTOCOL = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const;
export const TCP_FLAG = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

const HOP_LIMIT = 64;
/** Neighbour discovery is taken from the link alone: RFC 4861 section 7.1. */
const HOP_LIMIT_ON_LINK = 255;
const DONT_FRAGMENT = 0x4000;

export interface Ends<Address> {
  from: Address;
  to: Address;
}
interface Ports {
  sourcePort: number;
  targetPort: number;
}
export interface TcpSegment extends Ports {
  sequence: number;
  acknowledge: number;
  flags: number;
  body?: Buffer;
}

export function ethernet(ends: Ends<MacAddress>, type: number, body: Buffer): Buffer {
  return Buffer.concat([macBytes(ends.to), macBytes(ends.from), u16(type), body]);
}

/** RFC 826: who has `to`? */
export function arpRequest(sender: MacAddress, { from, to }: Ends<Ipv4Address>): Buffer {
  const head = [u16(1), u16(ETHERTYPE.ipv4), Buffer.from([6, 4]), u16(1)];
  return Buffer.concat([...head, macBytes(sender), ipv4Bytes(from), Buffer.alloc(6), ipv4Bytes(to)]);
}

/** A packet of either family with UDP in it. */
export function udpPacket(ends: Ends<Ipv4Address> | Ends<Ipv6Address>, ports: Ports, body: Buffer): Buffer {
  const datagram = Buffer.concat([u16(ports.sourcePort), u16(ports.targetPort), u16(8 + body.length), u16(0), body]);
  return packet(ends, IP_PROTOCOL.udp, datagram, 6);
}

export function tcpPacket(ends: Ends<Ipv4Address> | Ends<Ipv6Address>, segment: TcpSegment): Buffer {
  const head = Buffer.concat([
    u16(segment.sourcePort),
    u16(segment.targetPort),
    u32(segment.sequence),
    u32(segment.acknowledge),
    Buffer.from([5 << 4, segment.flags]),
    u16(0xfff0),
    u16(0),
    u16(0),
  ]);
  return packet(ends, IP_PROTOCOL.tcp, Buffer.concat([head, segment.body ?? Buffer.alloc(0)]), 16);
}

/** A ping. */
export function echoRequest(ends: Ends<Ipv4Address> | Ends<Ipv6Address>, identifier: number): Buffer {
  const rest = Buffer.concat([u16(identifier), u16(1), Buffer.from('Lodge looks')]);
  return isIpv6(ends)
    ? packet(ends, IP_PROTOCOL.icmpv6, Buffer.concat([Buffer.from([128, 0, 0, 0]), rest]), 2)
    : packet(ends, IP_PROTOCOL.icmp, Buffer.concat([Buffer.from([8, 0, 0, 0]), rest]), 2);
}

/** RFC 4861 section 4.1, with the option that names the sender's address. */
export function routerSolicitation(from: Ipv6Address, sender: MacAddress): Buffer {
  const body = Buffer.concat([Buffer.from([133, 0, 0, 0, 0, 0, 0, 0, 1, 1]), macBytes(sender)]);
  return onLink({ from, to: 'ff02::2' as Ipv6Address }, body);
}

/** RFC 4861 section 4.3: who has `target`? */
export function neighbourSolicitation(from: Ipv6Address, sender: MacAddress, target: Ipv6Address): Buffer {
  const head = Buffer.from([135, 0, 0, 0, 0, 0, 0, 0]);
  const body = [head, ipv6Bytes(target), Buffer.from([1, 1]), macBytes(sender)];
  return onLink({ from, to: solicitedNode(target) }, Buffer.concat(body));
}

/** RFC 4861 section 4.4: `from` is mine, asked for by `to`. */
export function neighbourAdvertisement({ from, to }: Ends<Ipv6Address>, sender: MacAddress): Buffer {
  const solicitedOverride = Buffer.from([136, 0, 0, 0, 0x60, 0, 0, 0]);
  const body = [solicitedOverride, ipv6Bytes(from), Buffer.from([2, 1]), macBytes(sender)];
  return onLink({ from, to }, Buffer.concat(body));
}

/** Whether an ICMPv6 message asks who has `target`; its body begins behind type, code and checksum. */
export function isSolicitationFor(target: Ipv6Address, icmp: { type: number; body: Buffer } | null): boolean {
  return icmp?.type === 135 && icmp.body.subarray(4, 20).equals(ipv6Bytes(target));
}

/** `fe80::1 -> 33:33:00:00:00:01`, for multicast (RFC 2464 section 7). */
export function multicastMac(address: Ipv6Address): MacAddress {
  const tail = [...ipv6Bytes(address).subarray(12)].map((byte) => byte.toString(16).padStart(2, '0'));
  return `33:33:${tail.join(':')}` as MacAddress;
}

/** Where all hear a question for that address: RFC 4291 section 2.7.1. */
export function solicitedNode(target: Ipv6Address): Ipv6Address {
  const bytes = ipv6Bytes(target);
  return `ff02::1:ff${bytes.subarray(13, 14).toString('hex')}:${bytes.subarray(14).toString('hex')}` as Ipv6Address;
}

function onLink(ends: Ends<Ipv6Address>, body: Buffer): Buffer {
  return packet(ends, IP_PROTOCOL.icmpv6, body, 2, HOP_LIMIT_ON_LINK);
}

function packet(
  ends: Ends<Ipv4Address> | Ends<Ipv6Address>,
  protocol: number,
  body: Buffer,
  checksumAt: number,
  hopLimit = HOP_LIMIT,
): Buffer {
  const [from, to] = isIpv6(ends)
    ? [ipv6Bytes(ends.from), ipv6Bytes(ends.to)]
    : [ipv4Bytes(ends.from as Ipv4Address), ipv4Bytes(ends.to as Ipv4Address)];
  const pseudo = protocol === IP_PROTOCOL.icmp ? [] : [from, to, u32(body.length), Buffer.from([0, 0, 0, protocol])];
  // Zero would say that there is none (RFC 768).
  body.writeUInt16BE(checksum(Buffer.concat([...pseudo, body])) || 0xffff, checksumAt);
  if (isIpv6(ends)) {
    const head = [Buffer.from([0x60, 0, 0, 0]), u16(body.length), Buffer.from([protocol, hopLimit])];
    return Buffer.concat([...head, from, to, body]);
  }
  const head = Buffer.concat([
    Buffer.from([0x45, 0]),
    u16(20 + body.length),
    u16(0),
    u16(DONT_FRAGMENT),
    Buffer.from([hopLimit, protocol, 0, 0]),
    from,
    to,
  ]);
  head.writeUInt16BE(checksum(head), 10);
  return Buffer.concat([head, body]);
}

function isIpv6(ends: Ends<Ipv4Address> | Ends<Ipv6Address>): ends is Ends<Ipv6Address> {
  return ends.to.includes(':');
}

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt8(at) * 256 + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export function macBytes(mac: MacAddress): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

function ipv4Bytes(address: Ipv4Address): Buffer {
  return u32(ipv4ToNumber(address));
}

function ipv6Bytes(address: Ipv6Address): Buffer {
  return Buffer.from(ipv6ToBigInt(address).toString(16).padStart(32, '0'), 'hex');
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
