import { readSysctl, type SysctlPath } from '../../host/sysctl.ts';

/**
 * Linux keeps fragments of all links in one room of 4 MiB, 30 s (IPv6: 60) for those whose rest never comes: a guest fills it in a moment,
 * and nobody else's fragments, the host's own neither, are put together any more. With more room and less patience a limit on a
 * guest's fragments (nat-shares.ts) leaves the others theirs, and an honest one tens of Mbit/s of them. Connection tracking
 * has a room of its own for IPv6, and uses the host's for IPv4 (net/ipv4/ip_fragment.c, nf_conntrack_reasm.c).
 */
const ROOM_BYTES = 64 * 1024 * 1024;
const PATIENCE_S = 3;
const ROOMS: SysctlPath[] = [
  ['net', 'ipv4', 'ipfrag_high_thresh'],
  ['net', 'netfilter', 'nf_conntrack_frag6_high_thresh'],
];
const PATIENCES: SysctlPath[] = [
  ['net', 'ipv4', 'ipfrag_time'],
  ['net', 'netfilter', 'nf_conntrack_frag6_timeout'],
];

/** The settings that guests need otherwise than they are. One that is there and better stays. */
export async function wantedFragmentRoom(): Promise<[SysctlPath, string][]> {
  const differing = async (paths: SysctlPath[], value: number, isEnough: (now: number) => boolean) => {
    const values = await Promise.all(paths.map(readSysctl));
    const wrong = paths.filter((_, at) => values[at] !== null && !isEnough(Number(values[at])));
    return wrong.map((path): [SysctlPath, string] => [path, String(value)]);
  };
  return [
    ...(await differing(ROOMS, ROOM_BYTES, (now) => now >= ROOM_BYTES)),
    ...(await differing(PATIENCES, PATIENCE_S, (now) => now <= PATIENCE_S)),
  ];
}
