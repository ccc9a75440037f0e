import { type Ipv6Address, ipv4ToNumber, ipv6ToBigInt, linkLocalFromMac, type MacAddress } from '../base/address.ts';
import type { GuestNic, PublishedPort } from '../model/guest.ts';
import type { NatFamilies } from '../model/nat-families.ts';
import type { NatGuest } from '../model/nat-guest.ts';
import { familyOfPublished, isEverywhere } from '../model/published-port.ts';

/** A set or map in the words of nft; without elements the line is left out, since `{ }` is a syntax error. */
export function renderNftSet(kind: 'set' | 'map', name: string, type: string, elements: string[]): string[] {
  const body = elements.length === 0 ? [] : [`    elements = {\n      ${elements.join(',\n      ')}\n    }`];
  return [`  ${kind} ${name} {`, `    ${type}`, ...body, '  }'];
}

/** The guests as elements: who may send what from which tap, and where published ports lead. */
export function renderNatSets(guests: NatGuest[], families: NatFamilies): string[] {
  const nics = guests.map((guest) => guest.nic);
  const macs = nics.map((nic) => `"${nic.tap}" . ${nic.mac}`);
  return [
    ...renderNftSet('set', 'macs', 'type ifname . ether_addr', macs),
    ...renderIpv4Sets(nics),
    ...(families === 'both' ? renderIpv6Sets(nics) : []),
  ];
}

function renderIpv4Sets(all: GuestNic[]): string[] {
  const nics = all.flatMap((nic) => (nic.ipv4 === null ? [] : [{ ...nic, ipv4: nic.ipv4 }]));
  const sources = nics.map((nic) => `"${nic.tap}" . ${nic.mac} . ${nic.ipv4}`);
  const dhcp = all.flatMap((nic) =>
    [0, ...(nic.ipv4 === null ? [] : [ipv4ToNumber(nic.ipv4)])].map(
      (address) => `"${nic.tap}" . ${hexOfMac(nic.mac)} . 0x${address.toString(16).padStart(8, '0')}`,
    ),
  );
  const addresses = nics.map((nic) => `"${nic.tap}" . ${nic.ipv4}`);
  const selves = nics.map((nic) => `${nic.ipv4} . ${nic.ipv4}`);
  const publishers = nics.map(({ ipv4, publish }) => ({ address: ipv4, publish }));
  return [
    ...renderNftSet('set', 'sources4', 'type ifname . ether_addr . ipv4_addr', sources),
    // A message by DHCP names the MAC and, in renewing, the address.
    ...renderNftSet('set', 'dhcp4', 'typeof iifname . @th,288,48 . @th,160,32', dhcp),
    ...renderNftSet('set', 'addresses4', 'type ifname . ipv4_addr', addresses),
    ...renderNftSet('set', 'selves4', 'type ipv4_addr . ipv4_addr', selves),
    ...renderPublishedMaps('ipv4', publishers),
  ];
}

function renderIpv6Sets(all: GuestNic[]): string[] {
  const nics = all.flatMap((nic) => (nic.ipv6 === null ? [] : [{ ...nic, ipv6: nic.ipv6 }]));
  const sources = nics.map((nic) => `"${nic.tap}" . ${nic.mac} . ${nic.ipv6}`);
  const targets = nics.map((nic) => `"${nic.tap}" . ${hexOf(nic.ipv6)}`);
  const links = all.map((nic) => `"${nic.tap}" . ${hexOfMac(nic.mac)}`);
  const addresses = nics.map((nic) => `"${nic.tap}" . ${nic.ipv6}`);
  const selves = nics.map((nic) => `${nic.ipv6} . ${nic.ipv6}`);
  const publishers = nics.map(({ ipv6, publish }) => ({ address: ipv6, publish }));
  return [
    ...renderNftSet('set', 'sources6', 'type ifname . ether_addr . ipv6_addr', sources),
    // `icmpv6 taddr` is a syntax error in nft 1.0.6 (Debian 12): the target is read as raw payload, 8 bytes in.
    ...renderNftSet('set', 'targets6', 'typeof iifname . @th,64,128', targets),
    ...renderNftSet('set', 'link_addresses', 'typeof iifname . @th,208,48', links),
    ...renderNftSet('set', 'addresses6', 'type ifname . ipv6_addr', addresses),
    ...renderLinkLocalSets(all),
    ...renderStrangerSet(all),
    ...renderNftSet('set', 'selves6', 'type ipv6_addr . ipv6_addr', selves),
    ...renderPublishedMaps('ipv6', publishers),
  ];
}

/**
 * Each link-local address that a guest uses costs the host an entry in its neighbour table, which all links share. So a guest has a
 * few at once, and a new one now and then: images make another at each start at most.
 */
function renderLinkLocalSets(nics: GuestNic[]): string[] {
  const known = 'type ifname . ipv6_addr\n    flags dynamic,timeout\n    timeout 1h\n    size 65535';
  const own = nics.map((nic) => [nic.tap, linkLocalFromMac(nic.mac)] as const);
  const limit = `limit rate over ${NEW_LINK_LOCALS.anHour}/hour burst ${NEW_LINK_LOCALS.atOnce} packets`;
  return [
    // Made of the MAC: the host knows these without asking (tap.ts), and they are nobody else's.
    ...renderNftSet(
      'set',
      'own_links',
      'type ifname . ipv6_addr',
      own.map(([tap, address]) => `"${tap}" . ${address}`),
    ),
    ...renderNftSet(
      'set',
      'guest_links',
      'type ipv6_addr',
      own.map(([, address]) => address),
    ),
    ...renderNftSet('set', 'link_locals', known, []),
    ...renderNftSet(
      'set',
      'new_link_locals',
      `type ifname\n    ${limit}`,
      nics.map((nic) => `"${nic.tap}" ${limit}`),
    ),
  ];
}

const NEW_LINK_LOCALS = { anHour: 12, atOnce: 8 };

/**
 * dnsmasq looks a DHCPv6 client's MAC up by its link-local address. For one that the host does not know, and whose owner does not answer,
 * it sleeps half a second (2.90, src/dhcp6.c, `get_client_mac`), and answers nobody meanwhile, by DNS neither. An honest image needs two
 * messages.
 */
function renderStrangerSet(nics: GuestNic[]): string[] {
  const limit = 'limit rate over 2/minute burst 4 packets';
  return renderNftSet(
    'set',
    'strange_requests',
    `type ifname\n    ${limit}`,
    nics.map((nic) => `"${nic.tap}" ${limit}`),
  );
}

type Family = 'ipv4' | 'ipv6';

const ADDRESS_TYPE = { ipv4: 'ipv4_addr', ipv6: 'ipv6_addr' } as const;

/** One map for ports that every address of the host has, one for those of a single address. */
function renderPublishedMaps(family: Family, publishers: { address: string; publish: PublishedPort[] }[]): string[] {
  const digit = family === 'ipv4' ? 4 : 6;
  const service = 'inet_proto . inet_service';
  const type = ADDRESS_TYPE[family];
  const lead = (port: PublishedPort, address: string) =>
    `${port.protocol} . ${port.hostPort} : ${address} . ${port.guestPort}`;
  const everywhere = publishers.flatMap(({ address, publish }) =>
    publish.filter((port) => isEverywhere(port, family)).map((port) => lead(port, address)),
  );
  const somewhere = publishers.flatMap(({ address, publish }) =>
    publish
      .filter((port) => familyOfPublished(port) === family && !isEverywhere(port, family))
      .map((port) => `${port.hostAddress} . ${lead(port, address)}`),
  );
  return [
    ...renderNftSet('map', `published${digit}`, `type ${service} : ${type} . inet_service`, everywhere),
    ...renderNftSet('map', `published${digit}_at`, `type ${type} . ${service} : ${type} . inet_service`, somewhere),
  ];
}

/** `52:54:00:00:00:01 -> 0x525400000001` */
function hexOfMac(mac: MacAddress): string {
  return `0x${mac.replaceAll(':', '')}`;
}

/** `fd00::2 -> 0xfd000000000000000000000000000002` */
function hexOf(address: Ipv6Address): string {
  return `0x${ipv6ToBigInt(address).toString(16).padStart(32, '0')}`;
}
