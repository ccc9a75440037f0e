import { type Ipv4Prefix, parseIpv4Prefix } from '../base/address.ts';
import { exec } from './exec.ts';
import { listIpv6DefaultRoutes } from './ipv6-default-routes.ts';

/** A network interface as `ip -j -d link` shows it. */
export interface Link {
  index: number;
  name: string;
  /** `tun`, `veth`, `bridge` …; null for a device of hardware. */
  kind: string | null;
  /** Free text another program, or we, put there; null when there is none. */
  alias: string | null;
  isUp: boolean;
}

interface JsonLink {
  ifindex?: number;
  ifname?: string;
  ifalias?: string;
  flags?: string[];
  linkinfo?: { info_kind?: string };
}
interface JsonRoute {
  dst?: string;
  dev?: string;
  type?: string;
  nexthops?: { dev?: string }[];
}
interface JsonAddress {
  addr_info?: { local?: string; prefixlen?: number }[];
}

export async function listLinks(): Promise<Link[]> {
  return toLinks((await exec('ip', ['-j', '-d', 'link', 'show'])).stdout);
}

/** The link of that name, or null. */
export async function readLink(name: string): Promise<Link | null> {
  const { stdout, exitCode } = await exec('ip', ['-j', '-d', 'link', 'show', 'dev', name], { okExitCodes: [0, 1] });
  return exitCode === 0 ? (toLinks(stdout)[0] ?? null) : null;
}

/** The names of the interfaces that default routes of either family lead to, each once. */
export async function listDefaultRouteLinks(): Promise<string[]> {
  const [ipv4, ipv6] = await Promise.all([
    exec('ip', ['-j', '-4', 'route', 'show', 'default'], { okExitCodes: [0, 1, 2] }),
    listIpv6DefaultRoutes(),
  ]);
  const names = parseJson<JsonRoute[]>(ipv4.stdout).flatMap((route) => [
    route.dev,
    ...(route.nexthops ?? []).map((hop) => hop.dev),
  ]);
  return [...new Set([...names, ...ipv6.map(({ dev }) => dev)].filter((name) => name !== undefined))];
}

/** Every IPv4 network the host has an address or a route for, in all routing tables; default routes are left out. */
export async function listOccupiedIpv4(): Promise<Ipv4Prefix[]> {
  const [addresses, routes] = await Promise.all([
    exec('ip', ['-j', '-4', 'address', 'show']),
    exec('ip', ['-j', '-4', 'route', 'show', 'table', 'all'], { okExitCodes: [0, 2] }),
  ]);
  const texts = [
    ...parseJson<JsonAddress[]>(addresses.stdout).flatMap((link) =>
      (link.addr_info ?? []).map((info) => `${info.local}/32`),
    ),
    ...parseJson<JsonRoute[]>(routes.stdout).map((route) => route.dst ?? 'default'),
  ];
  const prefixes = texts.flatMap((text) => {
    const prefix = parseIpv4Prefix(text.includes('/') ? text : `${text}/32`);
    return prefix.ok ? [prefix.value] : [];
  });
  return [...new Set(prefixes)];
}

/**
 * Runs lines of `ip` (without the word `ip`) in one process. It stops at the first line that fails, unless `force`:
 * then it goes on, and failures are ignored.
 */
export async function runIpBatch(lines: string[], options: { force?: boolean } = {}): Promise<void> {
  if (lines.length === 0) return;
  const force = options.force === true;
  await exec('ip', [...(force ? ['-force'] : []), '-batch', '-'], {
    input: `${lines.join('\n')}\n`,
    okExitCodes: force ? [0, 1, 2] : [0],
  });
}

function toLinks(json: string): Link[] {
  return parseJson<JsonLink[]>(json).flatMap((link) =>
    link.ifname === undefined || link.ifindex === undefined
      ? []
      : [
          {
            index: link.ifindex,
            name: link.ifname,
            kind: link.linkinfo?.info_kind ?? null,
            alias: link.ifalias ?? null,
            isUp: (link.flags ?? []).includes('UP'),
          },
        ],
  );
}

/** `ip -j` writes nothing at all, or `[{}]`, for an empty list. */
function parseJson<T extends unknown[]>(text: string): T {
  return (text.trim() === '' ? [] : JSON.parse(text)) as T;
}
