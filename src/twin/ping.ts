import type { TwinSpaces } from './spaces.ts';

/** What became of a ping. `from` is who said so. */
export type PingAnswer =
  | { kind: 'reply' }
  | { kind: 'unreachable'; from: string }
  /** The hop limit ran out on the way. */
  | { kind: 'loop'; from: string }
  | { kind: 'silent' };

/** Each target gets one after the other, three a second, until its first answer of any kind or the end of `limitSec`. */
const PING_ALL = `for target do
  ( said=$(ping -n -c 1 -i 0.3 -w "$0" "$target" 2>&1); printf '@ %s\\n%s\\n' "$target" "$said" ) &
done
wait`;

/** Pings every target at the same time. */
export async function pingAll(
  spaces: TwinSpaces,
  space: string,
  targets: readonly string[],
  limitSec = 4,
): Promise<Map<string, PingAnswer>> {
  if (targets.length === 0) return new Map();
  const { stdout } = await spaces.run(space, 'sh', ['-c', PING_ALL, String(limitSec), ...new Set(targets)]);
  return new Map(
    stdout
      .split(/^@ /m)
      .slice(1)
      .map((part) => {
        const end = part.indexOf('\n');
        return [part.slice(0, end), parsePing(part.slice(end + 1))];
      }),
  );
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
