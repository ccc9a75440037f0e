import type { Ipv4Address, Ipv6Address, MacAddress } from '../../base/address.ts';
import type { GuestNic } from '../../model/guest.ts';
import type { PacketFamily } from '../../model/packet-report.ts';
import type { Frame } from '../../parse/frame.ts';
import type { TracedPacket } from '../../parse/trace-line.ts';
import { ETHERTYPE, ethernet, TCP_FLAG, type TcpSegment, tcpPacket } from '../../render/frames.ts';
import type { Conversation, Wire } from './conversation.ts';
import { type PacketScene, type SceneUplink, SSH_PORT, STRANGER, WEB_PORT } from './scene.ts';

type Ends = { from: Ipv4Address; to: Ipv4Address } | { from: Ipv6Address; to: Ipv6Address };

/** Every connection that does not end at the host: to a neighbour, to the internet, from there, and the host's own to a guest. */
export function farHops(scene: PacketScene, family: PacketFamily): Conversation[] {
  if (scene.guest[family] === null || scene.neighbour[family] === null) return [];
  return [
    sshFromHost(scene, family),
    ...sshToWatched(scene, family),
    guestToGuest(scene, family),
    ...scene.uplinks.flatMap((uplink) => [...out(scene, family, uplink), ...into(scene, family, uplink)]),
  ];
}

function sshFromHost(scene: PacketScene, family: PacketFamily): Conversation {
  const { guest } = scene;
  const address = guest[family];
  const isToGuest = (packet: TracedPacket) => packet.targetPort === SSH_PORT && packet.to === address;
  return {
    hop: 'ssh-from-host',
    family,
    link: null,
    leaves: null,
    opening: null,
    react: (wire, frame) => {
      const answer = answerTo(scene, guest, 'guest', frame, SSH_PORT);
      return wire === 'guest' && frame.ip?.to === address && answer !== null ? answer : null;
    },
    owns: (packet) =>
      packet.protocol === 'tcp' && (isToGuest(packet) || (packet.sourcePort === SSH_PORT && packet.from === address)),
    isAnswer: (packet) => !isToGuest(packet),
  };
}

/** A guest that is there answers by itself, or does not. */
function sshToWatched({ watched }: PacketScene, family: PacketFamily): Conversation[] {
  const address = watched?.[family] ?? null;
  if (address === null) return [];
  const isToGuest = (packet: TracedPacket) => packet.targetPort === SSH_PORT && packet.to === address;
  return [
    {
      hop: 'ssh-to-this-guest',
      family,
      link: null,
      leaves: null,
      opening: null,
      react: () => null,
      owns: (packet) =>
        packet.protocol === 'tcp' && (isToGuest(packet) || (packet.sourcePort === SSH_PORT && packet.from === address)),
      isAnswer: (packet) => !isToGuest(packet),
    },
  ];
}

function guestToGuest(scene: PacketScene, family: PacketFamily): Conversation {
  const { guest, neighbour } = scene;
  const sourcePort = portOf(scene, family, 3);
  const ends = endsOf(guest[family], neighbour[family]);
  const opening = { sourcePort, targetPort: SSH_PORT, sequence: 1, acknowledge: 0, flags: TCP_FLAG.syn };
  return {
    hop: 'guest-to-guest',
    family,
    link: null,
    leaves: null,
    opening: { wire: 'guest', frame: frameOf(guest.mac, scene.gatewayMac, ends, opening) },
    react: (wire, frame) => {
      const { tcp } = frame;
      if (wire === 'neighbour' && tcp?.sourcePort === sourcePort) {
        return answerTo(scene, neighbour, wire, frame, SSH_PORT);
      }
      const isAnswered = wire === 'guest' && tcp?.targetPort === sourcePort && (tcp.flags & TCP_FLAG.syn) !== 0;
      if (!isAnswered || tcp === null) return null;
      const reset = { ...opening, sequence: tcp.acknowledge, flags: TCP_FLAG.rst };
      return { isDone: true, send: [{ wire, frame: frameOf(guest.mac, scene.gatewayMac, ends, reset) }] };
    },
    owns: ({ protocol, sourcePort: from, targetPort: to }) =>
      protocol === 'tcp' && (from === sourcePort || to === sourcePort),
    isAnswer: ({ targetPort }) => targetPort === sourcePort,
  };
}

function out(scene: PacketScene, family: PacketFamily, uplink: SceneUplink): Conversation[] {
  if (!uplink.leadsOut[family]) return [];
  const { guest } = scene;
  const stranger = STRANGER[family];
  const segment = {
    sourcePort: portOf(scene, family, 4),
    targetPort: WEB_PORT,
    sequence: 1,
    acknowledge: 0,
    flags: TCP_FLAG.syn,
  };
  return [
    {
      hop: 'out',
      family,
      link: uplink.name,
      leaves: 'opening',
      opening: {
        wire: 'guest',
        frame: frameOf(guest.mac, scene.gatewayMac, endsOf(guest[family], stranger), segment),
      },
      react: () => null,
      owns: ({ protocol, to, targetPort }) => protocol === 'tcp' && to === stranger && targetPort === WEB_PORT,
      isAnswer: () => false,
    },
  ];
}

/** Somebody outside opens a connection to the published port; the guest answers, and the answer is on its way out again. */
function into(scene: PacketScene, family: PacketFamily, uplink: SceneUplink): Conversation[] {
  const address = uplink[family];
  if (address === null || uplink.mac === null) return [];
  const { guest, guestPort } = scene;
  const stranger = STRANGER[family];
  const sourcePort = portOf(scene, family, 5 + scene.uplinks.indexOf(uplink));
  const segment = {
    sourcePort,
    targetPort: scene.publishedPort,
    sequence: 1,
    acknowledge: 0,
    flags: TCP_FLAG.syn,
  };
  return [
    {
      hop: 'in',
      family,
      link: uplink.name,
      leaves: 'answer',
      opening: {
        wire: `outside:${uplink.name}`,
        frame: frameOf(STRANGER.mac, uplink.mac, endsOf(stranger, address), segment),
      },
      react: (wire, frame) =>
        wire === 'guest' && frame.tcp?.sourcePort === sourcePort
          ? answerTo(scene, guest, wire, frame, guestPort)
          : null,
      owns: ({ protocol, from, to, sourcePort: source, targetPort }) =>
        protocol === 'tcp' &&
        ((from === stranger && source === sourcePort) || (to === stranger && targetPort === sourcePort)),
      isAnswer: ({ to }) => to === stranger,
    },
  ];
}

/** What a guest that listens says: it accepts, and breaks off when the other end is done. */
function answerTo(scene: PacketScene, nic: GuestNic, wire: Wire, { ip, tcp }: Frame, port: number) {
  if (ip === null || tcp === null || tcp.targetPort !== port) return null;
  const ends = endsOf(ip.to, ip.from);
  const head = { sourcePort: port, targetPort: tcp.sourcePort };
  const reply = (segment: Pick<TcpSegment, 'sequence' | 'acknowledge' | 'flags'>) => ({
    send: [{ wire, frame: frameOf(nic.mac, scene.gatewayMac, ends, { ...head, ...segment }) }],
  });
  const { syn, ack, fin, rst } = TCP_FLAG;
  if ((tcp.flags & rst) !== 0) return null;
  if ((tcp.flags & syn) !== 0) return reply({ sequence: 1, acknowledge: tcp.sequence + 1, flags: syn | ack });
  return (tcp.flags & fin) === 0 ? null : reply({ sequence: tcp.acknowledge, acknowledge: 0, flags: rst });
}

function frameOf(from: MacAddress, to: MacAddress, ends: Ends, segment: TcpSegment): Buffer {
  return ethernet({ from, to }, ends.to.includes(':') ? ETHERTYPE.ipv6 : ETHERTYPE.ipv4, tcpPacket(ends, segment));
}

/** Both are of one family: whoever calls has chosen them by it. */
function endsOf(from: string | null, to: string | null): Ends {
  return { from, to } as Ends;
}

function portOf({ firstPort }: PacketScene, family: PacketFamily, offset: number): number {
  return firstPort + (family === 'ipv4' ? 0 : 20) + offset;
}
