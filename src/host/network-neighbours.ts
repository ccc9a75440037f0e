import { type Namespace, readJsonBy } from './network-command.ts';

interface JsonNeighbour {
  dst: string;
  dev: string;
  lladdr?: string;
  state?: string[];
  /** Present, without a value, where it is so. */
  router?: null;
  proxy?: null;
}

/** Neighbours of both families and, among them, the addresses that the kernel answers for, from `ip -j neigh`. */
export async function readNeighbours(namespace: Namespace) {
  const listed = await Promise.all([
    readJsonBy<JsonNeighbour>(namespace, 'ip', ['-j', 'neigh', 'show']),
    readJsonBy<JsonNeighbour>(namespace, 'ip', ['-j', 'neigh', 'show', 'proxy']),
  ]);
  return listed.flat().map((neighbour) => ({
    link: neighbour.dev,
    family: neighbour.dst.includes(':') ? ('ipv6' as const) : ('ipv4' as const),
    address: neighbour.dst,
    mac: neighbour.lladdr ?? null,
    state: neighbour.proxy === null ? 'PROXY' : (neighbour.state?.[0] ?? 'NONE'),
    isProxy: neighbour.proxy === null,
    isRouter: neighbour.router === null,
  }));
}
