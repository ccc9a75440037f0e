import { ipBatchWord } from '../base/quoting/ip-batch-word.ts';
import type { RouteFact } from '../model/network-facts.ts';

/**
 * Lines for `ip -batch` that turn the routes a namespace has into those it is to have: what the kernel made and the host has not goes;
 * what is missing comes, first that which leads to a gateway, then that which goes through one. Where several routes have one
 * destination and metric, the first of them is used, so their order is kept.
 */
export function routeLines(present: readonly RouteFact[], wanted: readonly RouteFact[]): string[] {
  const wantedKeys = new Set(wanted.map(keyOf));
  const presentKeys = new Set(present.map(keyOf));
  const gone = present.filter((route) => !wantedKeys.has(keyOf(route)));
  const missing = wanted.filter((route) => !presentKeys.has(keyOf(route)));
  const added = (routes: RouteFact[]) =>
    routes.map((route) => `route ${verbFor(route, wanted, presentKeys)} ${words(route)}`);
  return [
    ...gone.map((route) => `route delete ${words(route)}`),
    ...added(missing.filter(({ via }) => via === null)),
    // Of several before a present one the last is put in front first.
    ...added(missing.filter(({ via }) => via !== null).toReversed()),
  ];
}

/** Beside what is there; refused where it is there already. */
export function addRouteLine(route: RouteFact): string {
  return `route add ${words(route)}`;
}

/** `prepend` before one that is there, `append` after it. */
function verbFor(route: RouteFact, wanted: readonly RouteFact[], present: ReadonlySet<string>): string {
  if (route.family === 'ipv6') return 'append';
  const rivals = wanted.filter((other) => placeOf(other) === placeOf(route));
  const here = rivals.indexOf(route);
  const standing = rivals.findIndex((rival) => present.has(keyOf(rival)));
  return standing > here ? 'prepend' : 'append';
}

function placeOf({ family, table, destination, metric }: RouteFact): string {
  return JSON.stringify([family, table, destination, metric]);
}

/** Everything but what the kernel tells of the moment (`linkdown`). */
function keyOf({ flags: _flags, ...route }: RouteFact): string {
  return JSON.stringify([
    placeOf({ ...route, flags: [] }),
    route.type,
    route.via,
    route.link,
    route.source,
    route.protocol,
    route.isOnLink,
  ]);
}

function words(route: RouteFact): string {
  const isNeedless = route.scope === null || route.scope === 'global' || route.family === 'ipv6';
  return [
    ...(route.type === 'unicast' ? [] : [route.type]),
    // A bare `default` is one of IPv4 unless a gateway says otherwise.
    route.destination === 'default' && route.family === 'ipv6' ? '::/0' : route.destination,
    ...(route.via === null ? [] : ['via', ...(isOtherFamily(route) ? ['inet6'] : []), route.via]),
    ...(route.link === null ? [] : ['dev', ipBatchWord(route.link)]),
    ...(route.source === null ? [] : ['src', route.source]),
    ...(route.metric === null ? [] : ['metric', String(route.metric)]),
    'proto',
    ipBatchWord(route.protocol),
    ...(isNeedless ? [] : ['scope', route.scope]),
    ...(route.table === 'main' ? [] : ['table', ipBatchWord(route.table)]),
    ...(route.isOnLink ? ['onlink'] : []),
  ].join(' ');
}

function isOtherFamily({ family, via }: RouteFact): boolean {
  return family === 'ipv4' && via?.includes(':') === true;
}
