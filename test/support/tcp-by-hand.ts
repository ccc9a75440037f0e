import type { FrameSocket } from '../../src/host/frame-socket.ts';
import { ethernet } from './frames.ts';
import { FLAG, ipv4Packet, summed4, tcpHead } from './hostile-frames.ts';

/** One end of TCP connections that no kernel stands behind: what is sent is said by hand. */
export interface TcpByHand {
  /** Begins one; what comes of it is known when its number is in `open`. */
  begin: (port: number) => void;
  /** One segment, so many bytes behind the last that the other end has had. */
  say: (port: number, flags: number, gap?: number) => void;
  /** Ports whose handshake is done. */
  open: ReadonlySet<number>;
  hear: (frame: Buffer) => void;
}

interface Ends {
  mac: string;
  gatewayMac: string;
  from: string;
  to: string;
  port: number;
}

/** The sequence number before a connection's first byte, as `tcpHead` has it. */
const BEGIN = 1000;

export function tcpByHand(wire: Pick<FrameSocket, 'send'>, ends: Ends): TcpByHand {
  const theirs = new Map<number, number>();
  const send = (port: number, flags: number, sequence: number) => {
    const head = tcpHead({ from: port, to: ends.port, flags });
    head.writeUInt32BE(sequence, 4);
    head.writeUInt32BE(theirs.get(port) ?? 0, 8);
    const body = summed4(ends.from, ends.to, 6, head, 16);
    const packet = ipv4Packet({ from: ends.from, to: ends.to, protocol: 6, body });
    wire.send(ethernet({ to: ends.gatewayMac, from: ends.mac, type: 0x0800, body: packet }));
  };
  const say = (port: number, flags: number, gap = 0) => send(port, flags, BEGIN + 1 + gap);
  const open = new Set<number>();
  return {
    begin: (port) => send(port, FLAG.syn, BEGIN),
    say,
    open,
    hear: (frame) => {
      if (frame.readUInt16BE(12) !== 0x0800 || frame[23] !== 6) return;
      const segment = frame.subarray(34);
      const port = segment.readUInt16BE(2);
      if (((segment[13] ?? 0) & (FLAG.syn | FLAG.ack)) !== (FLAG.syn | FLAG.ack) || open.has(port)) return;
      theirs.set(port, segment.readUInt32BE(4) + 1);
      open.add(port);
      say(port, FLAG.ack);
    },
  };
}
