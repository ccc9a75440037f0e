import { type Namespace, readBy, readJsonBy } from './network-command.ts';

type Family = 'ipv4' | 'ipv6';

interface JsonHop {
  gateway?: string;
  /** A next hop of the other family (RFC 5549). */
  via?: { host: string };
  dev?: string;
  flags?: string[];
}
interface JsonRoute extends JsonHop {
  type?: string;
  dst: string;
  table?: string;
  protocol?: string;
  scope?: string;
  prefsrc?: string;
  metric?: number;
  nexthops?: JsonHop[];
}

/** What the kernel itself sets up: priority -> text. */
const OWN_RULES = new Map([
  [0, 'from all lookup local'],
  [32766, 'from all lookup main'],
  [32767, 'from all lookup default'],
]);
/** IP6_RT_PRIO_USER of the kernel's ip6_route.h. */
const IPV6_DEFAULT_METRIC = 1024;

/** Policy rules beyond the kernel's own, of both families, from `ip rule`. */
export async function readRules(namespace: Namespace) {
  const ofFamily = async (family: Family) => {
    const lines = ((await readBy(namespace, 'ip', [optionOf(family), 'rule', 'show'])) ?? '').split('\n');
    return lines.flatMap((line) => {
      const [, priority, text] = /^(\d+):\s+(\S.*)$/.exec(line.trimEnd()) ?? [];
      if (text === undefined || OWN_RULES.get(Number(priority)) === text) return [];
      return [{ family, priority: Number(priority), text }];
    });
  };
  return (await Promise.all([ofFamily('ipv4'), ofFamily('ipv6')])).flat();
}

/** Routes of the table main and those that `rules` lead to; each next hop of a multipath route is one. */
export async function readRoutes(namespace: Namespace, rules: readonly { text: string }[]) {
  const led = rules.flatMap(({ text }) => / lookup (\S+)/.exec(text)?.[1] ?? []);
  const tables = new Set(['main', ...led.filter((table) => table !== 'local')]);
  const ofFamily = async (family: Family) => {
    const words = ['-j', '-d', optionOf(family), 'route', 'show', 'table', 'all'];
    const routes = await readJsonBy<JsonRoute>(namespace, 'ip', words);
    return routes.filter(({ table = 'main' }) => tables.has(table)).flatMap((route) => toRoutes(family, route));
  };
  return (await Promise.all([ofFamily('ipv4'), ofFamily('ipv6')])).flat();
}

function optionOf(family: Family): string {
  return family === 'ipv4' ? '-4' : '-6';
}

function toRoutes(family: Family, route: JsonRoute) {
  return (route.nexthops ?? [route]).map((hop) => toRoute(family, route, hop));
}

function toRoute(family: Family, route: JsonRoute, hop: JsonHop) {
  const { type = 'unicast', metric = null } = route;
  const flags = hop.flags ?? [];
  return {
    family,
    destination: toDestination(family, route.dst),
    type,
    via: hop.gateway ?? hop.via?.host ?? null,
    // The kernel hangs an IPv6 route that leads nowhere on `lo`, which says nothing.
    link: type === 'unicast' ? (hop.dev ?? null) : null,
    source: route.prefsrc ?? null,
    metric: metric === (family === 'ipv4' ? 0 : IPV6_DEFAULT_METRIC) ? null : metric,
    protocol: route.protocol ?? 'boot',
    scope: route.scope ?? null,
    table: route.table ?? 'main',
    isOnLink: flags.includes('onlink'),
    flags: flags.filter((flag) => flag !== 'onlink'),
  };
}

/** `default -> default`, `198.51.100.20 -> 198.51.100.20/32` */
function toDestination(family: Family, text: string): string {
  if (text === 'default' || text.includes('/')) return text;
  return `${text}/${family === 'ipv4' ? 32 : 128}`;
}
