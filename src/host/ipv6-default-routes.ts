import { KERNEL_TABLE_MAX_BYTES, readIfPresent } from './files.ts';

/** RTF_DEFAULT and RTF_ADDRCONF of the kernel's ipv6_route.h: a default route learned from an advertisement. */
const LEARNED_DEFAULT = 0x0001_0000 | 0x0004_0000;
const REJECT = 0x0200;

interface Ipv6DefaultRoute {
  dev: string;
  /** From a router advertisement that the kernel itself took. */
  isLearned: boolean;
}

/** IPv6 default routes of our network namespace, read from /proc because it takes no process. Empty without IPv6. */
export async function listIpv6DefaultRoutes(): Promise<Ipv6DefaultRoute[]> {
  return parseIpv6Routes((await readIfPresent('/proc/self/net/ipv6_route', KERNEL_TABLE_MAX_BYTES)) ?? '');
}

/**
 * Lines of /proc/net/ipv6_route: destination, length, source, length, next hop, metric, references, uses, flags, name,
 * all but the last in hex.
 */
export function parseIpv6Routes(text: string): Ipv6DefaultRoute[] {
  return text.split('\n').flatMap((line) => {
    const [destination = '', length, , , , , , , flagsHex = '', dev] = line.trim().split(/\s+/);
    const flags = Number.parseInt(flagsHex, 16);
    if (!/^0{32}$/.test(destination) || length !== '00' || dev === undefined || (flags & REJECT) !== 0) return [];
    return [{ dev, isLearned: (flags & LEARNED_DEFAULT) === LEARNED_DEFAULT }];
  });
}
