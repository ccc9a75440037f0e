import { type Ipv6Address, ipv6ToBigInt } from '../base/address.ts';
import type { PublishedPort } from '../model/guest.ts';
import type { NatGuest } from '../model/nat-guest.ts';

/** A set or map in the words of nft; without elements the line is left out, since `{ }` is a syntax error. */
export function renderNftSet(kind: 'set' | 'map', name: string, type: string, elements: string[]): string[] {
  const body = elements.length === 0 ? [] : [`    elements = {\n      ${elements.join(',\n      ')}\n    }`];
  return [`  ${kind} ${name} {`, `    ${type}`, ...body, '  }'];
}

/** The guests as elements: who may send what from which tap, and where published ports lead. */
export function renderNatSets(guests: NatGuest[]): string[] {
  const nics = guests.map((guest) => guest.nic);
  const v4 = nics.flatMap((nic) => (nic.ipv4 === null ? [] : [{ ...nic, ipv4: nic.ipv4 }]));
  const v6 = nics.flatMap((nic) => (nic.ipv6 === null ? [] : [{ ...nic, ipv6: nic.ipv6 }]));
  const quoted = (tap: string) => `"${tap}"`;
  return [
    ...renderNftSet(
      'set',
      'macs',
      'type ifname . ether_addr',
      nics.map((nic) => `${quoted(nic.tap)} . ${nic.mac}`),
    ),
    ...renderNftSet(
      'set',
      'sources4',
      'type ifname . ether_addr . ipv4_addr',
      v4.map((nic) => `${quoted(nic.tap)} . ${nic.mac} . ${nic.ipv4}`),
    ),
    ...renderNftSet(
      'set',
      'sources6',
      'type ifname . ether_addr . ipv6_addr',
      v6.map((nic) => `${quoted(nic.tap)} . ${nic.mac} . ${nic.ipv6}`),
    ),
    // `icmpv6 taddr` is a syntax error in nft 1.0.6 (Debian 12): the target is read as raw payload, 8 bytes in.
    ...renderNftSet(
      'set',
      'targets6',
      'typeof iifname . @th,64,128',
      v6.map((nic) => `${quoted(nic.tap)} . ${hexOf(nic.ipv6)}`),
    ),
    ...renderNftSet(
      'set',
      'selves4',
      'type ipv4_addr . ipv4_addr',
      v4.map((nic) => `${nic.ipv4} . ${nic.ipv4}`),
    ),
    ...renderNftSet(
      'set',
      'selves6',
      'type ipv6_addr . ipv6_addr',
      v6.map((nic) => `${nic.ipv6} . ${nic.ipv6}`),
    ),
    ...renderPublishedMaps(v4, v6),
  ];
}

type Publisher<Family extends 'ipv4' | 'ipv6'> = { publish: PublishedPort[] } & Record<Family, string>;

function renderPublishedMaps(v4: Publisher<'ipv4'>[], v6: Publisher<'ipv6'>[]): string[] {
  const key = (port: PublishedPort) => `${port.protocol} . ${port.hostPort}`;
  const anywhere = (address: string, publish: PublishedPort[]) =>
    publish.filter((port) => port.hostAddress === null).map((port) => `${key(port)} : ${address} . ${port.guestPort}`);
  const somewhere = (address: string, publish: PublishedPort[]) =>
    publish
      .filter((port) => port.hostAddress !== null && port.hostAddress.includes(':') === address.includes(':'))
      .map((port) => `${port.hostAddress} . ${key(port)} : ${address} . ${port.guestPort}`);
  const service = 'inet_proto . inet_service';
  return [
    ...renderNftSet(
      'map',
      'published4',
      `type ${service} : ipv4_addr . inet_service`,
      v4.flatMap((nic) => anywhere(nic.ipv4, nic.publish)),
    ),
    ...renderNftSet(
      'map',
      'published4_at',
      `type ipv4_addr . ${service} : ipv4_addr . inet_service`,
      v4.flatMap((nic) => somewhere(nic.ipv4, nic.publish)),
    ),
    ...renderNftSet(
      'map',
      'published6',
      `type ${service} : ipv6_addr . inet_service`,
      v6.flatMap((nic) => anywhere(nic.ipv6, nic.publish)),
    ),
    ...renderNftSet(
      'map',
      'published6_at',
      `type ipv6_addr . ${service} : ipv6_addr . inet_service`,
      v6.flatMap((nic) => somewhere(nic.ipv6, nic.publish)),
    ),
  ];
}

/** `fd00::2 -> 0xfd000000000000000000000000000002` */
function hexOf(address: Ipv6Address): string {
  return `0x${ipv6ToBigInt(address).toString(16).padStart(32, '0')}`;
}
