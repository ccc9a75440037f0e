import { type Ipv4Address, type Ipv6Address, linkLocalFromMac } from '../../base/address.ts';
import type { PacketFamily, PacketHop } from '../../model/packet-report.ts';
import {
  arpRequest,
  ETHERTYPE,
  echoRequest,
  ethernet,
  isSolicitationFor,
  multicastMac,
  neighbourAdvertisement,
  neighbourSolicitation,
  routerSolicitation,
  solicitedNode,
  TCP_FLAG,
  tcpPacket,
  udpPacket,
} from '../../render/frames.ts';
import { dhcpDiscover, dhcpv6Solicit, dnsQuestion } from '../../render/guest-questions.ts';
import type { Conversation } from './conversation.ts';
import type { PacketScene } from './scene.ts';

/** A name that every Lodge answers by itself. */
const QUESTION = 'packets.lodge';
const BROADCAST = 'ff:ff:ff:ff:ff:ff' as PacketScene['gatewayMac'];
const ALL_DHCP_SERVERS = 'ff02::1:2' as Ipv6Address;
const ALL_ROUTERS = 'ff02::2' as Ipv6Address;

type Base = Pick<Conversation, 'hop' | 'family' | 'link' | 'leaves'>;

const base = (hop: PacketHop, family: PacketFamily): Base => ({ hop, family, link: null, leaves: null });

/** What a guest asks its host for over IPv4. */
export function localIpv4Hops(scene: PacketScene): Conversation[] {
  const { guest, network, gatewayMac } = scene;
  const { ipv4, mac } = guest;
  if (ipv4 === null) return [];
  const ends = { from: ipv4, to: network.ipv4Gateway };
  const unicast = (body: Buffer) => ethernet({ from: mac, to: gatewayMac }, ETHERTYPE.ipv4, body);
  const discover = udpPacket(
    { from: '0.0.0.0' as Ipv4Address, to: '255.255.255.255' as Ipv4Address },
    { sourcePort: 68, targetPort: 67 },
    dhcpDiscover(mac),
  );
  return [
    {
      ...base('arp', 'ipv4'),
      opening: fromGuest(ethernet({ from: mac, to: BROADCAST }, ETHERTYPE.arp, arpRequest(mac, ends))),
      react: (wire, { arp }) =>
        wire === 'guest' && arp?.operation === 2 && arp.sender === network.ipv4Gateway ? { isDone: true } : null,
      owns: ({ protocol }) => protocol === 'arp',
      isAnswer: ({ oif }) => oif === guest.tap,
    },
    {
      ...base('dhcp', 'ipv4'),
      opening: fromGuest(ethernet({ from: mac, to: BROADCAST }, ETHERTYPE.ipv4, discover)),
      react: (wire, { udp }) => (wire === 'guest' && udp?.targetPort === 68 ? { isDone: true } : null),
      owns: isBetween('udp', 67, 68),
      isAnswer: ({ targetPort }) => targetPort === 68,
    },
    pingHop('ipv4', scene, unicast(echoRequest(ends, scene.firstPort)), 0),
    ...dnsHops('ipv4', scene, ends, unicast),
  ];
}

/** The same over IPv6. */
export function localIpv6Hops(scene: PacketScene): Conversation[] {
  const { guest, network, gatewayMac } = scene;
  const { ipv6, mac } = guest;
  if (ipv6 === null) return [];
  const linkLocal = linkLocalFromMac(mac);
  const frame = (to: PacketScene['gatewayMac'], body: Buffer) => ethernet({ from: mac, to }, ETHERTYPE.ipv6, body);
  const unicast = (body: Buffer) => frame(gatewayMac, body);
  const whoHas = neighbourSolicitation(ipv6, mac, network.ipv6Gateway);
  const solicit = udpPacket(
    { from: linkLocal, to: ALL_DHCP_SERVERS },
    { sourcePort: 546, targetPort: 547 },
    dhcpv6Solicit(mac),
  );
  return [
    {
      ...base('arp', 'ipv6'),
      opening: fromGuest(frame(multicastMac(solicitedNode(network.ipv6Gateway)), whoHas)),
      react: (wire, { icmp }) => (wire === 'guest' && icmp?.type === 136 ? { isDone: true } : null),
      owns: ({ icmpType }) => icmpType === 'nd-neighbor-solicit' || icmpType === 'nd-neighbor-advert',
      isAnswer: ({ icmpType }) => icmpType === 'nd-neighbor-advert',
    },
    {
      ...base('router-advertisement', 'ipv6'),
      opening: fromGuest(frame(multicastMac(ALL_ROUTERS), routerSolicitation(linkLocal, mac))),
      react: (wire, { icmp }) => (wire === 'guest' && icmp?.type === 134 ? { isDone: true } : null),
      owns: ({ icmpType }) => icmpType === 'nd-router-solicit' || icmpType === 'nd-router-advert',
      isAnswer: ({ icmpType }) => icmpType === 'nd-router-advert',
    },
    {
      ...base('dhcp', 'ipv6'),
      opening: fromGuest(frame(multicastMac(ALL_DHCP_SERVERS), solicit)),
      react: (wire, { udp, icmp, ip }) => {
        if (wire !== 'guest') return null;
        if (udp?.targetPort === 546) return { isDone: true };
        // The host has to find the guest before it can answer: as a guest's kernel does it.
        if (!isSolicitationFor(linkLocal, icmp) || ip === null) return null;
        const here = neighbourAdvertisement({ from: linkLocal, to: ip.from as Ipv6Address }, mac);
        return { send: [{ wire, frame: unicast(here) }] };
      },
      owns: isBetween('udp', 546, 547),
      isAnswer: ({ targetPort }) => targetPort === 546,
    },
    pingHop('ipv6', scene, unicast(echoRequest({ from: ipv6, to: network.ipv6Gateway }, scene.firstPort)), 129),
    ...dnsHops('ipv6', scene, { from: ipv6, to: network.ipv6Dns }, unicast),
  ];
}

/** By one of the two ports, since the server may have another one behind a rule of ours. */
function isBetween(protocol: 'udp', ...ports: number[]): Conversation['owns'] {
  return (packet) =>
    packet.protocol === protocol && [packet.sourcePort, packet.targetPort].some((port) => ports.includes(port ?? 0));
}

function fromGuest(frame: Buffer): Conversation['opening'] {
  return { wire: 'guest', frame };
}

function pingHop(family: PacketFamily, { guest }: PacketScene, frame: Buffer, replyType: number): Conversation {
  const protocol = family === 'ipv4' ? 'icmp' : 'icmpv6';
  return {
    ...base('ping', family),
    opening: fromGuest(frame),
    react: (wire, { icmp, ip }) =>
      wire === 'guest' && icmp?.type === replyType && ip?.to.includes(':') === (family === 'ipv6')
        ? { isDone: true }
        : null,
    owns: (packet) =>
      packet.protocol === protocol && (packet.icmpType === 'echo-request' || packet.icmpType === 'echo-reply'),
    isAnswer: ({ oif }) => oif === guest.tap,
  };
}

type Ends = { from: Ipv4Address; to: Ipv4Address } | { from: Ipv6Address; to: Ipv6Address };

function dnsHops(
  family: PacketFamily,
  scene: PacketScene,
  ends: Ends,
  unicast: (body: Buffer) => Buffer,
): Conversation[] {
  const offset = family === 'ipv4' ? 0 : 20;
  const udpPort = scene.firstPort + offset + 1;
  const tcpPort = scene.firstPort + offset + 2;
  const isOf = (port: number, protocol: 'tcp' | 'udp'): Pick<Conversation, 'owns' | 'isAnswer'> => ({
    owns: (packet) => packet.protocol === protocol && (packet.sourcePort === port || packet.targetPort === port),
    isAnswer: ({ targetPort }) => targetPort === port,
  });
  const question = dnsQuestion(udpPort, QUESTION);
  const udp = udpPacket(ends, { sourcePort: udpPort, targetPort: 53 }, question);
  return [
    {
      ...base('dns-udp', family),
      opening: fromGuest(unicast(udp)),
      react: (wire, frame) => (wire === 'guest' && frame.udp?.targetPort === udpPort ? { isDone: true } : null),
      ...isOf(udpPort, 'udp'),
    },
    {
      ...base('dns-tcp', family),
      ...dnsOverTcp(ends, tcpPort, unicast),
      ...isOf(tcpPort, 'tcp'),
    },
  ];
}

/** A whole connection: opened, asked, answered, and broken off so that neither end keeps anything of it. */
function dnsOverTcp(
  ends: Ends,
  sourcePort: number,
  unicast: (body: Buffer) => Buffer,
): Pick<Conversation, 'opening' | 'react'> {
  const question = dnsQuestion(sourcePort, QUESTION);
  const asked = Buffer.concat([Buffer.from([0, question.length]), question]);
  const segment = (sequence: number, acknowledge: number, flags: number, body?: Buffer) => {
    const head = { sourcePort, targetPort: 53, sequence, acknowledge, flags };
    return unicast(tcpPacket(ends, body === undefined ? head : { ...head, body }));
  };
  return {
    opening: fromGuest(segment(1, 0, TCP_FLAG.syn)),
    react: (wire, { tcp }) => {
      if (wire !== 'guest' || tcp?.targetPort !== sourcePort || (tcp.flags & TCP_FLAG.rst) !== 0) return null;
      if ((tcp.flags & TCP_FLAG.syn) !== 0) {
        const frame = segment(2, tcp.sequence + 1, TCP_FLAG.ack | TCP_FLAG.psh, asked);
        return { send: [{ wire, frame }] };
      }
      if (tcp.body.length === 0) return null;
      return { isDone: true, send: [{ wire, frame: segment(tcp.acknowledge, 0, TCP_FLAG.rst) }] };
    },
  };
}
