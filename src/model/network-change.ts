import { assertNever } from '../base/assert-never.ts';
import type { Family } from './network-facts.ts';

/**
 * One change of a running network, small enough to have an exact inverse. Everything is decided in it: names, addresses, values.
 * Undoing a change is doing its inverse; both may be done twice.
 */
export type NetworkChange =
  /** `before`: what another guard let out that stood there; the inverse brings that one back. */
  | { kind: 'load-guard'; uplink: string; allowedMacs: string[]; hook: GuardHook; before?: string[] | null }
  | { kind: 'unload-guard'; uplink: string; allowedMacs: string[]; hook: GuardHook }
  /** `path` below /proc/sys: `net/ipv4/ip_forward`. `before` is what the inverse writes. */
  | { kind: 'set-sysctl'; path: string; value: string; before: string }
  /** A bridge with its MAC from the moment it exists, without spanning tree and forward delay, not up yet. */
  | { kind: 'add-bridge'; name: string; mac: string }
  | { kind: 'remove-bridge'; name: string; mac: string }
  /** Pins a bridge's MAC: one that was set stays, whatever ports come and go. */
  | { kind: 'set-mac'; link: string; mac: string; before: string }
  | { kind: 'set-bridge-option'; bridge: string; option: BridgeOption; value: string; before: string }
  | { kind: 'set-up'; link: string }
  | { kind: 'set-down'; link: string }
  | { kind: 'add-port'; bridge: string; link: string }
  | { kind: 'remove-port'; bridge: string; link: string }
  | { kind: 'add-address'; address: AddressChange }
  | { kind: 'remove-address'; address: AddressChange }
  | { kind: 'add-route'; route: RouteChange }
  | { kind: 'remove-route'; route: RouteChange }
  /** Puts `route` in the place of `before`, which has the same destination and metric, without a moment without either. */
  | { kind: 'replace-route'; route: RouteChange; before: RouteChange }
  /**
   * Tells one link what another knows of a neighbour, as something to be verified (NUD_STALE): packets to it need not wait for an
   * answer. Read when it is done, because a gateway's MAC may have changed since the plan was made; nothing where it is not known.
   */
  | { kind: 'copy-neighbour'; from: string; to: string; family: Family; address: string }
  /** The kernel answers ARP or neighbour solicitations for exactly this address on exactly this link. */
  | { kind: 'add-proxy'; link: string; family: Family; address: string }
  | { kind: 'remove-proxy'; link: string; family: Family; address: string };

/** As `ip link set … type bridge` names them; `forward_delay` is in hundredths of a second. */
export type BridgeOption = 'stp_state' | 'forward_delay';

/** Where the guard hangs: nft's `netdev egress` of the uplink; `bridge` where the kernel is older than 5.16. */
export type GuardHook = 'netdev-egress' | 'bridge';

export interface AddressChange {
  link: string;
  family: Family;
  address: string;
  prefixLength: number;
  peer: string | null;
  noPrefixRoute: boolean;
  /** IPv4: where it was set. */
  broadcast?: string | null;
  /** IPv4: the old alias name, `eth0:1`, where it differs from the link's. */
  label?: string | null;
}

export interface RouteChange {
  family: Family;
  destination: string;
  type: 'unicast' | 'unreachable';
  via: string | null;
  link: string | null;
  source: string | null;
  metric: number | null;
  isOnLink: boolean;
  scope: 'link' | null;
  /** As `ip route` names it: `boot` where a command made it, `static`, `kernel`. */
  protocol: string | null;
}

/** The change that takes `change` back. `invertChange(invertChange(c))` is `c`. */
export function invertChange(change: NetworkChange): NetworkChange {
  switch (change.kind) {
    case 'load-guard': {
      const { before = null, ...guard } = change;
      if (before === null) return { ...guard, kind: 'unload-guard' };
      return { ...guard, kind: 'load-guard', allowedMacs: before, before: guard.allowedMacs };
    }
    case 'unload-guard':
      return { ...change, kind: 'load-guard' };
    case 'set-sysctl':
      return { ...change, value: change.before, before: change.value };
    case 'add-bridge':
      return { ...change, kind: 'remove-bridge' };
    case 'remove-bridge':
      return { ...change, kind: 'add-bridge' };
    case 'set-mac':
      return { ...change, mac: change.before, before: change.mac };
    case 'set-bridge-option':
      return { ...change, value: change.before, before: change.value };
    case 'set-up':
      return { ...change, kind: 'set-down' };
    case 'set-down':
      return { ...change, kind: 'set-up' };
    case 'add-port':
      return { ...change, kind: 'remove-port' };
    case 'remove-port':
      return { ...change, kind: 'add-port' };
    case 'add-address':
      return { ...change, kind: 'remove-address' };
    case 'remove-address':
      return { ...change, kind: 'add-address' };
    case 'add-route':
      return { ...change, kind: 'remove-route' };
    case 'remove-route':
      return { ...change, kind: 'add-route' };
    case 'replace-route':
      return { ...change, route: change.before, before: change.route };
    case 'copy-neighbour':
      return { ...change, from: change.to, to: change.from };
    case 'add-proxy':
      return { ...change, kind: 'remove-proxy' };
    case 'remove-proxy':
      return { ...change, kind: 'add-proxy' };
    default:
      return assertNever(change);
  }
}
