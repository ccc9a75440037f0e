import type { Problem } from '../../base/errors.ts';
import type { NetworkChange } from '../../model/network-change.ts';
import type { AddressFact, NetworkFacts, RouteFact } from '../../model/network-facts.ts';
import type { IntentAddress, IntentRoute, NetworkIntent, SourceSpot } from '../../model/network-intent.ts';

/**
 * Whether a host that boots with these files would be what runs: every difference with its cause. Before a plan is applied
 * `facts` is what is predicted, after it what is observed.
 *
 * @param intent what the files say
 * @param atBoot what Lodge's own unit adds to them
 */
export function checkFiles(intent: NetworkIntent, atBoot: readonly NetworkChange[], facts: NetworkFacts): Problem[] {
  const links = new Set(intent.links.map(({ name }) => name));
  const dynamic = new Set(intent.dynamic.map(({ link, family }) => `${link} ${family}`));
  return [
    ...facts.addresses
      .filter((address) => isConfigured(address) && links.has(address.link))
      .filter((address) => !isSaid(address, intent, atBoot) && !dynamic.has(`${address.link} ${address.family}`))
      .map((address) => lost(`${address.address}/${address.prefixLength} on ${address.link}`)),
    ...intent.addresses.flatMap((address) => unlikeRunning(address, facts)),
    ...facts.routes
      .filter((route) => isOwnersRoute(route, links) && !isRouteSaid(route, intent, atBoot))
      .map((route) => lost(`the route ${routeText(route)}`)),
    ...intent.routes.flatMap((route) => routeProblems(route, intent, facts)),
    ...bridgeProblems(intent, facts),
  ];
}

/** Loopback's, link-local and leased addresses are nobody's files'. */
function isConfigured({ link, scope, isDynamic }: AddressFact): boolean {
  return link !== 'lo' && scope !== 'link' && scope !== 'host' && !isDynamic;
}

function isSaid(fact: AddressFact, { addresses }: NetworkIntent, atBoot: readonly NetworkChange[]): boolean {
  return (
    addresses.some(
      (one) => one.link === fact.link && one.address === fact.address && lengthOf(one) === fact.prefixLength,
    ) || atBoot.some(({ ...change }) => change.kind === 'add-address' && change.address.address === fact.address)
  );
}

/** An address with a peer has the peer's length in the kernel: a /32 unless the file says more. */
function lengthOf({ prefixLength, peer, family }: IntentAddress): number {
  return peer === null ? prefixLength : family === 'ipv4' ? 32 : 128;
}

function lost(what: string): Problem {
  const rule = 'must say everything that runs: no file says this, and it would be gone after a boot';
  return { path: 'files', rule, value: what };
}

function unlikeRunning(address: IntentAddress, facts: NetworkFacts): Problem[] {
  const on = facts.addresses.filter((one) => one.address === address.address).map(({ link }) => link);
  if (on.includes(address.link) || isUnplugged(address.link, facts)) return [];
  const where = on.length === 0 ? 'nowhere now' : `on ${on.join(', ')} now`;
  return [
    spotted(
      address.spot,
      `must put ${address.address} where it runs: it is ${where}, after a boot on ${address.link}`,
      address.link,
    ),
  ];
}

/** A link that is not there (a USB NIC, a tunnel that is down) is not what this is about. */
function isUnplugged(name: string, { links }: NetworkFacts): boolean {
  return !links.some((link) => link.name === name);
}

function isOwnersRoute({ link, protocol, type, table, flags }: RouteFact, links: ReadonlySet<string>): boolean {
  const made = !['kernel', 'ra', 'dhcp', 'redirect'].includes(protocol) && table === 'main';
  return made && type === 'unicast' && link !== null && links.has(link) && !flags.includes('dead');
}

function isRouteSaid(route: RouteFact, { routes }: NetworkIntent, atBoot: readonly NetworkChange[]): boolean {
  const { destination, via, family } = route;
  if (routes.some((one) => one.family === family && one.destination === destination && one.via === via)) return true;
  // `gateway` of an address with a peer, or on-link, brings the route to the gateway with it.
  if (via === null && routes.some((one) => one.via !== null && destination.split('/')[0] === one.via)) return true;
  return atBoot.some((change) => change.kind === 'add-route' && change.route.destination === destination);
}

function routeProblems(route: IntentRoute, intent: NetworkIntent, facts: NetworkFacts): Problem[] {
  const link = facts.links.find(({ name }) => name === route.link);
  if (route.link === null || link === undefined) return [];
  const text = [route.destination, route.via === null ? '' : `via ${route.via}`, `dev ${route.link}`]
    .filter(Boolean)
    .join(' ');
  const bridge = bridgeOf(route.link, intent) ?? link.master;
  if (bridge !== null) {
    const rule = `must not lead over ${route.link}, which is a port of ${bridge} and has no address: the kernel answers "Network is unreachable", the command fails and the route is missing; write ${bridge}`;
    return [spotted(route.spot, rule, text)];
  }
  return [];
}

function bridgeOf(link: string, { links }: NetworkIntent): string | null {
  return links.find(({ kind, ports }) => kind === 'bridge' && ports.includes(link))?.name ?? null;
}

function bridgeProblems(intent: NetworkIntent, facts: NetworkFacts): Problem[] {
  return intent.links.flatMap((wanted) => {
    const running = facts.links.find(({ name }) => name === wanted.name);
    if (wanted.kind !== 'bridge' || running === undefined) return [];
    const problems: Problem[] = [];
    if (wanted.mac === null) {
      const rule = `must pin the MAC of ${wanted.name} (bridge_hw ${running.mac}): else it is made up at boot, or changes with its ports`;
      problems.push(spotted(wanted.spot, rule, null));
    } else if (wanted.mac.toLowerCase() !== running.mac && wanted.mac !== wanted.ports[0]) {
      problems.push(spotted(wanted.spot, `must give ${wanted.name} the MAC it has, ${running.mac}`, wanted.mac));
    }
    if (wanted.stp === true)
      problems.push(spotted(wanted.spot, `must leave spanning tree off on ${wanted.name}`, 'on'));
    if (!wanted.isAutomatic)
      problems.push(spotted(wanted.spot, `must bring ${wanted.name} up at boot (auto ${wanted.name})`, null));
    return problems;
  });
}

function spotted({ path, line }: SourceSpot, rule: string, value: unknown): Problem {
  return { path: `${path}:${line}`, rule, value };
}

function routeText({ destination, via, link }: RouteFact): string {
  return [destination, via === null ? '' : `via ${via}`, link === null ? '' : `dev ${link}`].filter(Boolean).join(' ');
}
