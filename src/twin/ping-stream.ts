import { isLodgeError } from '../base/errors.ts';
import type { Family } from '../model/network-facts.ts';
import type { TwinSpaces } from './spaces.ts';
import { pause, until } from './until.ts';

/** What a stream of pings through a change has shown. Times are of the clock, in milliseconds. */
export interface StreamLoss {
  sent: number;
  lost: number;
  longestGapMs: number;
  /** The last of them was lost as well. */
  lostAtEnd: boolean;
  /** When the longest silence began and ended. */
  gap: { fromMs: number; toMs: number };
}

export interface PingStream {
  /** Stops sending, waits for what is on its way, and counts. */
  stop(): Promise<StreamLoss>;
}

interface StreamOptions {
  space: string;
  family: Family;
  target: string;
  perSecond: number;
}

/** One ping(8) that sleeps between its packets sends 62 a second on a kernel with 250 ticks; with a shorter pause it would not sleep. */
const PER_PROCESS = 60;
const ON_THE_WAY_MS = 300;
const GRACE_MS = 1000;
/** Silence up to the end: longer than a busy machine makes between two pings. */
const AT_END_MS = 250;

/**
 * Pings from one namespace, at least `perSecond`, until it is stopped. Packets are counted by nft where they leave and where they come
 * back, so that the last one counts like any other, whatever state ping(8) is stopped in. Begins when the first has come back, or
 * after a second without.
 */
export async function startPings(spaces: TwinSpaces, options: StreamOptions): Promise<PingStream> {
  const { space, target, perSecond } = options;
  await spaces.setUp(space, { nft: counterRules(options) });
  const replies: number[] = [];
  const end = new AbortController();
  const pings = Array.from({ length: Math.ceil(perSecond / PER_PROCESS) }, () =>
    keepPinging(spaces, space, target, end.signal, (atMs) => replies.push(atMs)),
  );
  const beganMs = Date.now();
  await until('a first ping comes back', GRACE_MS, async () => replies.length > 0).catch(() => undefined);
  return {
    stop: async () => {
      const endedMs = Date.now();
      end.abort();
      await Promise.all(pings);
      await pause(ON_THE_WAY_MS);
      const { sent, received } = await readCounters(spaces, space);
      const heard = replies.sort((a, b) => a - b).filter((ms) => ms < endedMs);
      const gap = longestGap([beganMs, ...heard, endedMs]);
      const lostAtEnd = sent > received && endedMs - (heard.at(-1) ?? beganMs) > AT_END_MS;
      return { sent, lost: sent - received, longestGapMs: Math.round(gap.toMs - gap.fromMs), lostAtEnd, gap };
    },
  };
}

async function keepPinging(
  spaces: TwinSpaces,
  space: string,
  target: string,
  signal: AbortSignal,
  onReply: (atMs: number) => void,
): Promise<void> {
  const args = ['-n', '-D', '-s', '16', '-i', '0.01', target];
  const onLine = (line: string) => {
    const at = /^\[([\d.]+)\] \d+ bytes from /.exec(line);
    if (at !== null) onReply(Number(at[1]) * 1000);
  };
  try {
    // A namespace without a route to the target makes ping(8) end at once: nothing was sent then, and nothing lost.
    await spaces.run(space, 'ping', args, { timeoutMs: 0, signal, onLine, okExitCodes: [0, 1, 2] });
  } catch (error) {
    if (!isLodgeError(error, 'CANCELLED')) throw error;
  }
}

function longestGap(times: readonly number[]): { fromMs: number; toMs: number } {
  let longest = { fromMs: times[0] ?? 0, toMs: times[0] ?? 0 };
  for (const [index, toMs] of times.entries()) {
    const fromMs = times[index - 1] ?? toMs;
    if (toMs - fromMs > longest.toMs - longest.fromMs) longest = { fromMs, toMs };
  }
  return longest;
}

function counterRules({ family, target }: StreamOptions): string {
  const [protocol, address] = family === 'ipv4' ? ['icmp', 'ip'] : ['icmpv6', 'ip6'];
  return `table inet twin { }
delete table inet twin
table inet twin {
  counter sent { }
  counter received { }
  chain out {
    type filter hook output priority 0; policy accept;
    ${address} daddr ${target} ${protocol} type echo-request counter name sent
  }
  chain in {
    type filter hook input priority 0; policy accept;
    ${address} saddr ${target} ${protocol} type echo-reply counter name received
  }
}
`;
}

async function readCounters(spaces: TwinSpaces, space: string): Promise<{ sent: number; received: number }> {
  const { stdout } = await spaces.run(space, 'nft', ['-j', 'list', 'counters', 'table', 'inet', 'twin']);
  const items = (JSON.parse(stdout) as { nftables: { counter?: { name: string; packets: number } }[] }).nftables;
  const packetsOf = (name: string) => items.find(({ counter }) => counter?.name === name)?.counter?.packets ?? 0;
  return { sent: packetsOf('sent'), received: packetsOf('received') };
}
