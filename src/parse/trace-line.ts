import { parseFrame } from './frame.ts';

/** The fields of a packet that `nft monitor trace` shows, of which only some are there. */
export interface TracedPacket {
  iif: string | null;
  oif: string | null;
  from: string | null;
  to: string | null;
  protocol: 'tcp' | 'udp' | 'icmp' | 'icmpv6' | 'arp' | null;
  sourcePort: number | null;
  targetPort: number | null;
  /** The ICMP type in nft's words: `echo-request`. */
  icmpType: string | null;
}

/** One line of `nft -a monitor trace`: a packet comes to a chain, a rule takes it, or a chain's policy decides. */
export type TraceEvent = { id: string; family: string; table: string; chain: string } & (
  | { kind: 'packet'; packet: TracedPacket }
  | { kind: 'rule'; rule: string; handle: number | null; verdict: string }
  | { kind: 'policy'; verdict: string }
  | { kind: 'verdict'; verdict: string }
);

const LINE = /^trace id (\S+) (\S+) (\S+) (\S+) (packet:|rule|policy|verdict) ?(.*)$/s;
/**
 *     tcp dport 22 counter packets 0 bytes 0 reject # handle 4 (verdict drop)
 */
const RULE = /^(.*?)(?:# handle (\d+) )?\(verdict ([^()]*)\)$/;

/** Null for a line of another kind. */
export function parseTraceLine(line: string): TraceEvent | null {
  const [, id, family, table, chain, kind, rest] = LINE.exec(line) ?? [];
  if (id === undefined || family === undefined || table === undefined || chain === undefined) return null;
  const at = { id, family, table, chain };
  const text = (rest ?? '').trimEnd();
  switch (kind) {
    case 'packet:':
      return { ...at, kind: 'packet', packet: parsePacket(text) };
    case 'rule': {
      const [, rule, handle, verdict] = RULE.exec(text) ?? [];
      if (rule === undefined || verdict === undefined) return null;
      return { ...at, kind: 'rule', rule: tidy(rule), handle: handle === undefined ? null : Number(handle), verdict };
    }
    case 'policy':
      return { ...at, kind: 'policy', verdict: text };
    default:
      return { ...at, kind: 'verdict', verdict: text };
  }
}

/** The rule as its owner wrote it: without what it has counted, and with single spaces. */
function tidy(rule: string): string {
  return rule
    .replace(/counter packets \d+ bytes \d+/g, 'counter')
    .replace(/ +/g, ' ')
    .trim();
}

function parsePacket(text: string): TracedPacket {
  const raw = /@nh,0,(\d+) 0x([0-9a-f]+)(?: @th,0,(\d+) 0x([0-9a-f]+))?/.exec(text);
  return raw === null ? readFields(text) : { ...readFields(text), ...readRaw(raw) };
}

/**
 * On its way out by a link nft does not know what is in a packet, and shows numbers (without leading zeros), with their length in
 * bits: `@nh,0,160 0x4500… @th,0,160 0x9c41…`.
 */
function readRaw([, networkBits, network = '', transportBits, transport = '']: RegExpExecArray): Partial<TracedPacket> {
  const bytesOf = (bits: string | undefined, hex: string) =>
    Buffer.from(hex.padStart(Number(bits ?? 0) / 4, '0'), 'hex');
  const type = Buffer.from([network.startsWith('6') ? 0x86 : 0x08, network.startsWith('6') ? 0xdd : 0x00]);
  const packet = Buffer.concat([bytesOf(networkBits, network), bytesOf(transportBits, transport)]);
  const { ip, tcp, udp } = parseFrame(Buffer.concat([Buffer.alloc(12), type, packet]));
  const ports = tcp ?? udp;
  return {
    from: ip?.from ?? null,
    to: ip?.to ?? null,
    protocol: tcp !== null ? 'tcp' : udp !== null ? 'udp' : null,
    sourcePort: ports?.sourcePort ?? null,
    targetPort: ports?.targetPort ?? null,
  };
}

function readFields(text: string): TracedPacket {
  const field = (pattern: RegExp) => pattern.exec(text)?.[1] ?? null;
  const port = (name: string) => {
    const value = field(new RegExp(`(?:tcp|udp) ${name} (\\d+)`));
    return value === null ? null : Number(value);
  };
  return {
    iif: field(/(?:^| )iif "([^"]*)"/),
    oif: field(/(?:^| )oif "([^"]*)"/),
    from: field(/(?:^| )ip6? saddr (\S+)/),
    to: field(/(?:^| )ip6? daddr (\S+)/),
    protocol: protocolOf(text),
    sourcePort: port('sport'),
    targetPort: port('dport'),
    icmpType: field(/ icmp(?:v6)? type (\S+)/),
  };
}

function protocolOf(text: string): TracedPacket['protocol'] {
  const named = / (tcp|udp) sport /.exec(text)?.[1] ?? / (icmp|icmpv6) type /.exec(text)?.[1];
  if (named !== undefined) return named as TracedPacket['protocol'];
  return / arp /.test(text) ? 'arp' : null;
}
