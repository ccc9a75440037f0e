import { GATEWAY_MAC } from '../../src/engine/nat/tap.ts';
import { ethernet, ipv6 } from './frames.ts';
import { FLAG, icmp, ipv4Packet, summed4, tcpHead, udpHead } from './hostile-frames.ts';
import { HOST, INTERNET } from './nat-twin.ts';

/**
 * Frames of a guest, with its own addresses, that connection tracking calls invalid or does not know: by what they are, one of each family
 * where there is one. Each call makes them anew, with other ports. And what an honest guest sends.
 */
export function invalidFrames({ mac, ipv4: own4, ipv6: own6 }: { mac: string; ipv4: string; ipv6: string }) {
  const frame4 = (body: Buffer) => ethernet({ to: GATEWAY_MAC, from: mac, type: 0x0800, body });
  const frame6 = (body: Buffer) => ethernet({ to: GATEWAY_MAC, from: mac, type: 0x86dd, body });
  let port = 30_000;
  const ends = { from: own4, to: INTERNET.ipv4 };
  const tcp4 = (flags: number, more: { dataOffset?: number; to?: number } = {}) =>
    frame4(
      ipv4Packet({
        ...ends,
        protocol: 6,
        body: summed4(own4, INTERNET.ipv4, 6, tcpHead({ from: port++, to: 80, flags, ...more }), 16),
      }),
    );
  const plain4 = (protocol: number, body: Buffer, more: { fragment?: number; options?: Buffer } = {}) =>
    frame4(ipv4Packet({ ...ends, protocol, body, ...more }));
  const tcp6 = (flags: number, more: { dataOffset?: number; to?: number } = {}) =>
    frame6(ipv6(own6, INTERNET.ipv6, 6, tcpHead({ from: port++, to: 80, flags, ...more }), 16));
  const plain6 = (next: number, body: Buffer, checksumAt: number | null = null) =>
    frame6(ipv6(own6, INTERNET.ipv6, next, body, checksumAt));
  const icmp6 = (type: number, code: number, rest: Buffer) =>
    plain6(58, Buffer.concat([Buffer.from([type, code, 0, 0]), rest]), 2);

  /** An error quotes the packet that it is about: here one of strangers, and one that the guest never sent. */
  const foreign4 = ipv4Packet({
    from: HOST.ipv4,
    to: INTERNET.ipv4,
    protocol: 6,
    body: tcpHead({ from: 22, to: 4000, flags: FLAG.ack }),
  });
  const unknown4 = ipv4Packet({
    from: INTERNET.ipv4,
    to: own4,
    protocol: 17,
    body: udpHead({ from: 53, to: 4001 }),
  });
  const foreign6 = ipv6(HOST.ipv6, INTERNET.ipv6, 6, tcpHead({ from: 22, to: 4000, flags: FLAG.ack }), 16);
  const unknown6 = ipv6(INTERNET.ipv6, own6, 17, udpHead({ from: 53, to: 4001 }), 6);
  const four = Buffer.alloc(4);
  const echo = Buffer.from([1, 2, 0, 1, 0, 0, 0, 0]);
  /** A chunk that begins no association: COOKIE ECHO. */
  const sctp = Buffer.from([0, 80, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 10, 0, 0, 8, 1, 2, 3, 4]);

  const invalid: Record<string, (() => Buffer)[]> = {
    'TCP with a wrong checksum': [
      () => plain4(6, tcpHead({ from: port++, to: 80, flags: FLAG.syn })),
      () => plain6(6, tcpHead({ from: port++, to: 80, flags: FLAG.syn })),
    ],
    'SYN+FIN': [() => tcp4(FLAG.syn | FLAG.fin), () => tcp6(FLAG.syn | FLAG.fin)],
    'SYN+RST': [() => tcp4(FLAG.syn | FLAG.rst), () => tcp6(FLAG.syn | FLAG.rst)],
    'no flag at all': [() => tcp4(0), () => tcp6(0)],
    'every flag': [() => tcp4(63), () => tcp6(63)],
    'FIN, PSH and URG': [() => tcp4(FLAG.fin | FLAG.psh | FLAG.urg), () => tcp6(FLAG.fin | FLAG.psh | FLAG.urg)],
    'a stray FIN': [() => tcp4(FLAG.fin), () => tcp6(FLAG.fin)],
    'a stray RST': [() => tcp4(FLAG.rst), () => tcp6(FLAG.rst)],
    'a stray RST/ACK': [() => tcp4(FLAG.rst | FLAG.ack), () => tcp6(FLAG.rst | FLAG.ack)],
    'a stray SYN/ACK': [() => tcp4(FLAG.syn | FLAG.ack), () => tcp6(FLAG.syn | FLAG.ack)],
    'a stray ACK': [() => tcp4(FLAG.ack), () => tcp6(FLAG.ack)],
    'a TCP header longer than its packet': [
      () => tcp4(FLAG.syn, { dataOffset: 15 }),
      () => tcp6(FLAG.syn, { dataOffset: 15 }),
    ],
    'a TCP header shorter than TCP’s': [
      () => tcp4(FLAG.syn, { dataOffset: 2 }),
      () => tcp6(FLAG.syn, { dataOffset: 2 }),
    ],
    'half a TCP header': [
      () => plain4(6, tcpHead({ from: port++, to: 80, flags: FLAG.syn }).subarray(0, 10)),
      () => plain6(6, tcpHead({ from: port++, to: 80, flags: FLAG.syn }).subarray(0, 10)),
    ],
    'TCP to port 0': [() => tcp4(FLAG.syn, { to: 0 }), () => tcp6(FLAG.syn, { to: 0 })],
    'UDP longer than its packet': [
      () => plain4(17, udpHead({ from: port++, to: 9 }, Buffer.alloc(8), 900)),
      () => plain6(17, udpHead({ from: port++, to: 9 }, Buffer.alloc(8), 900), 6),
    ],
    'UDP with a wrong checksum': [
      () => plain4(17, Buffer.concat([udpHead({ from: port++, to: 9 }).subarray(0, 6), Buffer.from([1, 1, 0, 0])])),
      () => plain6(17, Buffer.concat([udpHead({ from: port++, to: 9 }).subarray(0, 6), Buffer.from([1, 1, 0, 0])])),
    ],
    'UDP over IPv6 without a checksum': [() => plain6(17, udpHead({ from: port++, to: 9 }))],
    'an unasked echo reply': [() => plain4(1, icmp(0, 0, echo)), () => icmp6(129, 0, echo)],
    'a ping with a wrong checksum': [
      () => plain4(1, Buffer.concat([Buffer.from([8, 0, 1, 1]), echo])),
      () => plain6(58, Buffer.concat([Buffer.from([128, 0, 1, 1]), echo])),
    ],
    'an unknown type of ICMP': [() => plain4(1, icmp(44, 0, echo)), () => icmp6(200, 0, echo)],
    'an unasked timestamp reply': [() => plain4(1, icmp(14, 0, Buffer.alloc(16)))],
    'an unasked mask reply': [() => plain4(1, icmp(18, 0, Buffer.alloc(8)))],
    'a redirect': [() => plain4(1, icmp(5, 1, Buffer.concat([four, foreign4])))],
    'an error about a connection of the host': [
      () => plain4(1, icmp(3, 1, Buffer.concat([four, foreign4]))),
      () => icmp6(1, 0, Buffer.concat([four, foreign6])),
    ],
    'an error about what nobody sent': [
      () => plain4(1, icmp(3, 3, Buffer.concat([four, unknown4]))),
      () => icmp6(1, 4, Buffer.concat([four, unknown6])),
    ],
    'an error that quotes nothing': [() => plain4(1, icmp(11, 0, four)), () => icmp6(3, 0, four)],
    'a packet too big that nobody sent': [
      () => plain4(1, icmp(3, 4, Buffer.concat([four, unknown4]))),
      () => icmp6(2, 0, Buffer.concat([four, unknown6])),
    ],
    'a first fragment alone': [() => plain4(17, udpHead({ from: port++, to: 9 }), { fragment: 0x2000 })],
    'a last fragment alone': [
      () => plain4(17, udpHead({ from: port++, to: 9 }), { fragment: 100 }),
      () => plain6(44, Buffer.concat([Buffer.from([17, 0, 3, 0x20, 0, 0, 0, 9]), Buffer.alloc(16)])),
    ],
    'IPv4 options': [
      () => plain4(17, udpHead({ from: port++, to: 9 }), { options: Buffer.from([7, 7, 4, 0, 0, 0, 0, 0]) }),
    ],
    'a loose source route': [
      () => plain4(17, udpHead({ from: port++, to: 9 }), { options: Buffer.from([131, 7, 4, 203, 0, 113, 9, 0]) }),
    ],
    'a routing header': [() => plain6(43, Buffer.concat([Buffer.from([59, 2, 0, 1, 0, 0, 0, 0]), Buffer.alloc(16)]))],
    'no next header': [() => plain6(59, Buffer.alloc(8))],
    'an extension header that is cut off': [() => plain6(0, Buffer.from([60, 9, 0, 0]))],
    'SCTP out of nowhere': [() => plain4(132, sctp), () => plain6(132, sctp)],
    'a protocol that nobody knows': [() => plain4(253, Buffer.alloc(20)), () => plain6(253, Buffer.alloc(20))],
    GRE: [() => plain4(47, Buffer.alloc(8)), () => plain6(47, Buffer.alloc(8))],
    'a packet inside a packet': [() => plain4(4, foreign4), () => plain6(41, foreign6)],
  };
  const honest = (to: number) => [
    plain4(17, udpHead({ from: port++, to })),
    plain6(17, udpHead({ from: port++, to }), 6),
  ];
  return { invalid, honest, frame4 };
}
