import { assertNever } from '../../base/assert-never.ts';
import { changeTitle } from '../../model/change-title.ts';
import type { AddressChange, NetworkChange, RouteChange } from '../../model/network-change.ts';
import type { AddressFact, RouteFact } from '../../model/network-facts.ts';
import type { NetworkStep } from '../../model/network-plan.ts';
import type { Situation } from './situation.ts';

/** Every change takes milliseconds; a busy host may take longer to start a program. */
const STEP_TIMEOUT_MS = 10_000;

export function step(change: NetworkChange, why: string): NetworkStep {
  return { id: stepId(change), title: changeTitle(change), why, change, timeoutMs: STEP_TIMEOUT_MS };
}

/** Ids are unique in a plan: the second `add-route-br0` is `add-route-br0-2`. */
export function numberIds(steps: readonly NetworkStep[]): NetworkStep[] {
  const seen = new Map<string, number>();
  return steps.map((one) => {
    const count = (seen.get(one.id) ?? 0) + 1;
    seen.set(one.id, count);
    return count === 1 ? one : { ...one, id: `${one.id}-${count}` };
  });
}

/** A step that sets a kernel setting; none where it has the value already. */
export function setSysctl(
  situation: Situation,
  path: string,
  value: string,
  why: string,
  otherwise = '0',
): NetworkStep[] {
  const before = situation.facts.sysctls[path] ?? otherwise;
  return before === value ? [] : [step({ kind: 'set-sysctl', path, value, before }, why)];
}

/** The same, also where it has the value now: at the next boot somebody has to set it. */
export function keepSysctl(situation: Situation, path: string, value: string, why: string): NetworkStep {
  return step({ kind: 'set-sysctl', path, value, before: situation.facts.sysctls[path] ?? '0' }, why);
}

export function addressOn(link: string, fact: AddressFact): AddressChange {
  const { family, address, prefixLength, peer, noPrefixRoute, broadcast = null } = fact;
  // `eth0:1` becomes `br0:1`.
  const label = fact.label ? fact.label.replace(fact.link, link) : null;
  return { link, family, address, prefixLength, peer, noPrefixRoute, broadcast, label };
}

/** The route as it is, over another link. */
export function routeOver(link: string | null, fact: RouteFact): RouteChange {
  const { family, destination, via, source, metric, isOnLink, scope, protocol } = fact;
  const type = fact.type === 'unreachable' ? 'unreachable' : 'unicast';
  const written = scope === 'link' && family === 'ipv4' ? 'link' : null;
  return { family, destination, type, via, link, source, metric, isOnLink, scope: written, protocol };
}

export function unreachable(family: 'ipv4' | 'ipv6', destination: string, metric: number): NetworkChange {
  const nowhere = { via: null, link: null, source: null, isOnLink: false, scope: null, protocol: 'static' } as const;
  return { kind: 'add-route', route: { family, destination, type: 'unreachable', metric, ...nowhere } };
}

function stepId(change: NetworkChange): string {
  switch (change.kind) {
    case 'load-guard':
    case 'unload-guard':
      return change.kind;
    case 'set-sysctl':
      return `set-${change.path.split('/').slice(1).join('-')}`;
    case 'add-bridge':
    case 'remove-bridge':
      return `${change.kind}-${change.name}`;
    case 'set-bridge-option':
      return `set-${change.option.replace('_', '-')}-${change.bridge}`;
    case 'set-up':
    case 'set-down':
    case 'set-mac':
    case 'add-port':
    case 'remove-port':
      return `${change.kind}-${change.link}`;
    case 'add-address':
    case 'remove-address':
      return `${change.kind}-${change.address.link}-${change.address.family}`;
    case 'add-route':
    case 'remove-route':
    case 'replace-route':
      return `${change.kind}-${change.route.link ?? change.route.type}-${change.route.family}`;
    case 'copy-neighbour':
      return `${change.kind}-${change.to}-${change.family}`;
    case 'add-proxy':
    case 'remove-proxy':
      return `${change.kind}-${change.link}-${change.family}`;
    default:
      return assertNever(change);
  }
}
