import { assertNever } from '../base/assert-never.ts';
import type { ProgramCall } from '../base/program-call.ts';
import type { AddressChange, NetworkChange, RouteChange } from '../model/network-change.ts';
import { renderGuardLoad, renderGuardUnload } from './mac-guard.ts';

const GONE = ['No such process', 'No such file or directory', 'Cannot assign requested address', 'Cannot find device'];
const THERE = ['File exists'];

/** Always this text; what differs are its words. */
const COPY_NEIGHBOUR = `mac=$(ip neighbour show "$1" dev "$2" 2>/dev/null | sed -n 's/.* lladdr \\([0-9a-f:]*\\).*/\\1/p')
[ -z "$mac" ] || ip neighbour replace "$1" lladdr "$mac" dev "$3" nud stale || :`;

/**
 * The programs that make a change. They may run twice: what is there already, or gone already, is no error.
 * The same calls run in the twin, on the host, in the way back and at boot.
 */
export function renderChange(change: NetworkChange): ProgramCall[] {
  switch (change.kind) {
    case 'load-guard':
      return renderGuardLoad(change);
    case 'unload-guard':
      return renderGuardUnload(change);
    case 'set-sysctl':
      return [{ program: 'tee', args: [`/proc/sys/${change.path}`], input: `${change.value}\n` }];
    case 'add-bridge': {
      const kind = ['type', 'bridge', 'stp_state', '0', 'forward_delay', '0'];
      return [ip(['link', 'add', 'name', change.name, 'address', change.mac, ...kind], THERE)];
    }
    case 'remove-bridge':
      return [ip(['link', 'delete', 'dev', change.name, 'type', 'bridge'], GONE)];
    case 'set-mac':
      return [ip(['link', 'set', 'dev', change.link, 'address', change.mac])];
    case 'set-bridge-option':
      return [ip(['link', 'set', 'dev', change.bridge, 'type', 'bridge', change.option, change.value])];
    case 'set-up':
      return [ip(['link', 'set', 'dev', change.link, 'up'])];
    case 'set-down':
      return [ip(['link', 'set', 'dev', change.link, 'down'], GONE)];
    case 'add-port':
      return [ip(['link', 'set', 'dev', change.link, 'master', change.bridge])];
    case 'remove-port':
      return [ip(['link', 'set', 'dev', change.link, 'nomaster'], GONE)];
    case 'add-address':
      return [ip(['address', 'replace', ...addressWords(change.address)])];
    case 'remove-address':
      return [ip(['address', 'delete', ...addressWords(change.address).filter((word) => word !== 'nodad')], GONE)];
    case 'add-route':
      return [ip([...routeFamily(change.route), 'route', 'add', ...routeWords(change.route)], THERE)];
    case 'remove-route':
      return [ip([...routeFamily(change.route), 'route', 'delete', ...routeWords(change.route)], GONE)];
    case 'replace-route':
      return renderReplaceRoute(change.route, change.before);
    case 'copy-neighbour':
      return [{ program: 'sh', args: ['-c', COPY_NEIGHBOUR, 'sh', change.address, change.from, change.to] }];
    case 'add-proxy':
    case 'remove-proxy': {
      const verb = change.kind === 'add-proxy' ? 'replace' : 'delete';
      return [ip(['neighbour', verb, 'proxy', change.address, 'dev', change.link], verb === 'delete' ? GONE : [])];
    }
    default:
      return assertNever(change);
  }
}

/**
 * `ip route replace` of IPv4 puts the new route in the old one's place. Of IPv6 it does so only where both have the same next hop's
 * nature; else it adds a second one beside: the old one is then deleted after it (net/ipv6/ip6_fib.c, fib6_add_rt2node).
 */
function renderReplaceRoute(route: RouteChange, before: RouteChange): ProgramCall[] {
  const calls = [ip([...routeFamily(route), 'route', 'replace', ...routeWords(route)])];
  if (route.family === 'ipv6' && (route.link !== before.link || route.via !== before.via)) {
    calls.push(ip([...routeFamily(before), 'route', 'delete', ...routeWords(before)], GONE));
  }
  return calls;
}

function addressWords({
  address,
  prefixLength,
  peer,
  link,
  family,
  noPrefixRoute,
  broadcast,
  label,
}: AddressChange): string[] {
  return [
    ...(peer === null ? [`${address}/${prefixLength}`] : [address, 'peer', `${peer}/${prefixLength}`]),
    ...(broadcast ? ['broadcast', broadcast] : []),
    ...(label ? ['label', label] : []),
    'dev',
    link,
    ...(family === 'ipv6' ? ['nodad'] : []),
    ...(noPrefixRoute ? ['noprefixroute'] : []),
  ];
}

function routeFamily({ family }: RouteChange): string[] {
  return family === 'ipv6' ? ['-6'] : ['-4'];
}

function routeWords(route: RouteChange): string[] {
  return [
    ...(route.type === 'unicast' ? [] : [route.type]),
    route.destination,
    ...(route.via === null ? [] : ['via', route.via]),
    ...(route.link === null ? [] : ['dev', route.link]),
    ...(route.source === null ? [] : ['src', route.source]),
    ...(route.metric === null ? [] : ['metric', String(route.metric)]),
    ...(route.protocol === null ? [] : ['proto', route.protocol]),
    ...(route.scope === null ? [] : ['scope', route.scope]),
    ...(route.isOnLink ? ['onlink'] : []),
  ];
}

function ip(args: string[], tolerates: readonly string[] = []): ProgramCall {
  return tolerates.length === 0 ? { program: 'ip', args } : { program: 'ip', args, tolerates };
}
