import type { MacAddress } from '../base/address.ts';
import { macBytes } from './frames.ts';

/** What a guest asks its host for, as the body of one datagram. */

const DHCP_COOKIE = Buffer.from([0x63, 0x82, 0x53, 0x63]);

/** DHCPDISCOVER (RFC 2131), which asks for an offer and takes none: the server keeps no lease of it. */
export function dhcpDiscover(mac: MacAddress): Buffer {
  const head = Buffer.alloc(236);
  head.set([1, 1, 6, 0]);
  macBytes(mac).copy(head, 4, 2);
  // The broadcast flag: the answer comes to all, as an image without an address needs it.
  head.writeUInt16BE(0x8000, 10);
  macBytes(mac).copy(head, 28);
  const options = Buffer.from([53, 1, 1, 55, 2, 3, 6, 255]);
  return Buffer.concat([head, DHCP_COOKIE, options]);
}

/** A DHCPv6 Solicit (RFC 8415) for one address, without rapid commit. */
export function dhcpv6Solicit(mac: MacAddress): Buffer {
  const clientId = Buffer.concat([Buffer.from([0, 1, 0, 10, 0, 3, 0, 1]), macBytes(mac)]);
  const identity = Buffer.from([0, 3, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([Buffer.from([1]), macBytes(mac).subarray(3), clientId, identity]);
}

/** A question for the IPv4 address of a name (RFC 1035). */
export function dnsQuestion(id: number, name: string): Buffer {
  const head = Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([head, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
}
