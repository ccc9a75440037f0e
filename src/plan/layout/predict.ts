import { assertNever } from '../../base/assert-never.ts';
import type { AddressChange, NetworkChange, RouteChange } from '../../model/network-change.ts';
import type { AddressFact, LinkFact, NetworkFacts, RouteFact } from '../../model/network-facts.ts';

/**
 * What the network will be after the changes, as far as they say it: what a plan is checked against before it runs, its files when
 * they are read back, and the host when it has run. Routes that the kernel makes for addresses are not predicted.
 */
export function predictFacts(facts: NetworkFacts, changes: readonly NetworkChange[]): NetworkFacts {
  return changes.reduce(applyChange, facts);
}

function applyChange(facts: NetworkFacts, change: NetworkChange): NetworkFacts {
  switch (change.kind) {
    case 'load-guard': {
      const { uplink, allowedMacs } = change;
      const guard = { uplink, allowedMacs, droppedFrames: 0, foreignMacs: [] };
      return { ...facts, firewall: { ...facts.firewall, guard } };
    }
    case 'unload-guard':
      return { ...facts, firewall: { ...facts.firewall, guard: null } };
    case 'set-sysctl':
      return { ...facts, sysctls: { ...facts.sysctls, [change.path]: change.value } };
    case 'add-bridge':
      return { ...facts, links: [...facts.links, newBridge(facts, change.name, change.mac)] };
    case 'remove-bridge':
      return withoutLink(facts, change.name);
    case 'set-mac':
      return changeLink(facts, change.link, { mac: change.mac });
    case 'set-bridge-option':
      return changeBridge(facts, change.bridge, change.option, change.value);
    case 'set-up':
    case 'set-down':
      return changeLink(facts, change.link, { flags: change.kind === 'set-up' ? ['UP', 'LOWER_UP'] : [] });
    case 'add-port':
      return changeLink(facts, change.link, {
        master: change.bridge,
        bridgePort: { state: 'forwarding', isolated: false, learning: true },
      });
    case 'remove-port':
      return changeLink(facts, change.link, { master: null, bridgePort: null });
    case 'add-address':
      return { ...facts, addresses: [...withoutAddress(facts, change.address), addressFact(change.address)] };
    case 'remove-address':
      return { ...facts, addresses: withoutAddress(facts, change.address) };
    case 'add-route':
      return { ...facts, routes: [...withoutRoute(facts, change.route), routeFact(change.route)] };
    case 'remove-route':
      return { ...facts, routes: withoutRoute(facts, change.route) };
    case 'replace-route': {
      const kept = withoutRoute({ ...facts, routes: withoutRoute(facts, change.before) }, change.route);
      return { ...facts, routes: [...kept, routeFact(change.route)] };
    }
    case 'copy-neighbour':
      return facts;
    case 'add-proxy':
    case 'remove-proxy': {
      const { link, family, address } = change;
      const others = facts.neighbours.filter((one) => !(one.isProxy && one.link === link && one.address === address));
      const entry = { link, family, address, mac: null, state: 'PERMANENT', isProxy: true, isRouter: false };
      return { ...facts, neighbours: change.kind === 'add-proxy' ? [...others, entry] : others };
    }
    default:
      return assertNever(change);
  }
}

function changeLink(facts: NetworkFacts, name: string, changed: Partial<LinkFact>): NetworkFacts {
  return { ...facts, links: facts.links.map((link) => (link.name === name ? { ...link, ...changed } : link)) };
}

function changeBridge(facts: NetworkFacts, name: string, option: string, value: string): NetworkFacts {
  const bridge = facts.links.find((link) => link.name === name)?.bridge;
  if (bridge === undefined || bridge === null) return facts;
  const changed = option === 'stp_state' ? { stp: value !== '0' } : { forwardDelayMs: Number(value) * 10 };
  return changeLink(facts, name, { bridge: { ...bridge, ...changed } });
}

function withoutLink(facts: NetworkFacts, name: string): NetworkFacts {
  const links = facts.links.filter((link) => link.name !== name);
  const addresses = facts.addresses.filter(({ link }) => link !== name);
  return { ...facts, links, addresses, routes: facts.routes.filter(({ link }) => link !== name) };
}

function newBridge({ links }: NetworkFacts, name: string, mac: string): LinkFact {
  return {
    index: Math.max(0, ...links.map(({ index }) => index)) + 1,
    name,
    kind: 'bridge',
    mac,
    permanentMac: null,
    mtu: 1500,
    flags: [],
    operState: 'DOWN',
    master: null,
    parent: null,
    vlanId: null,
    alias: null,
    altNames: [],
    addrGenMode: 'eui64',
    bridge: { stp: false, forwardDelayMs: 0, vlanFiltering: false },
    bridgePort: null,
  };
}

function withoutAddress({ addresses }: NetworkFacts, change: AddressChange): AddressFact[] {
  const { link, address, prefixLength, peer } = change;
  // One with a peer and one without are two addresses to the kernel.
  const isIt = (one: AddressFact) => one.address === address && one.prefixLength === prefixLength && one.peer === peer;
  return addresses.filter((one) => one.link !== link || !isIt(one));
}

function addressFact({ link, family, address, prefixLength, peer, noPrefixRoute, ...set }: AddressChange): AddressFact {
  const scope = family === 'ipv6' && address.startsWith('fe80:') ? 'link' : 'global';
  const state = { isDynamic: false, isTentative: false, preferredSec: null };
  const named = { ...(set.broadcast ? { broadcast: set.broadcast } : {}), ...(set.label ? { label: set.label } : {}) };
  return { link, family, address, prefixLength, peer, noPrefixRoute, scope, ...state, ...named };
}

function withoutRoute({ routes }: NetworkFacts, change: RouteChange): RouteFact[] {
  return routes.filter((one) => !isSameRoute(one, change));
}

/** Whether the two have one key in the kernel's table and lead the same way. */
function isSameRoute(one: RouteFact, change: RouteChange): boolean {
  const metric = (value: number | null) => value ?? (one.family === 'ipv6' ? 1024 : 0);
  return (
    one.table === 'main' &&
    one.family === change.family &&
    one.destination === change.destination &&
    one.type === change.type &&
    one.link === change.link &&
    one.via === change.via &&
    metric(one.metric) === metric(change.metric)
  );
}

function routeFact(change: RouteChange): RouteFact {
  return { ...change, protocol: change.protocol ?? 'boot', table: 'main', flags: [] };
}
