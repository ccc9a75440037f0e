import type { TwinSpaces } from './spaces.ts';

/** What became of a ping. `from` is who said so. */
export type PingAnswer =
  | { kind: 'reply' }
  | { kind: 'unreachable'; from: string }
  /** The hop limit ran out on the way. */
  | { kind: 'loop'; from: string }
  | { kind: 'silent' };

/** Sends one after the other, three a second, until the first answer of any kind or the end of `limitSec`. */
export async function ping(spaces: TwinSpaces, space: string, target: string, limitSec = 3): Promise<PingAnswer> {
  const args = ['-n', '-c', '1', '-i', '0.3', '-w', String(limitSec), target];
  const { stdout, stderr } = await spaces.run(space, 'ping', args, { okExitCodes: [0, 1, 2] });
  return parsePing(`${stdout}\n${stderr}`);
}

/**
 *     64 bytes from 192.0.2.1: icmp_seq=1 ttl=63 time=0.1 ms       -> reply
 *     From 192.0.2.1 icmp_seq=1 Destination Host Unreachable       -> unreachable
 *     From 2001:db8::1 icmp_seq=1 Time exceeded: Hop limit         -> loop
 *     ping: connect: Network is unreachable                        -> unreachable, by itself
 */
export function parsePing(output: string): PingAnswer {
  if (/^(\[[\d.]+\] )?\d+ bytes from /m.test(output)) return { kind: 'reply' };
  const exceeded = /^From (\S+?):? .*(Time to live exceeded|Time exceeded)/m.exec(output);
  if (exceeded !== null) return { kind: 'loop', from: exceeded[1] ?? '' };
  const unreachable = /^From (\S+?):? .*([Uu]nreachable|prohibited|filtered|No route)/m.exec(output);
  if (unreachable !== null) return { kind: 'unreachable', from: unreachable[1] ?? '' };
  return /unreachable/.test(output) ? { kind: 'unreachable', from: 'itself' } : { kind: 'silent' };
}
