import { shellWord } from '../base/quoting/shell-word.ts';
import type { Family, NetworkFacts, RouteFact } from '../model/network-facts.ts';
import type { IntentRoute, NetworkIntent } from '../model/network-intent.ts';
import { isLinkLocal } from './address-reach.ts';
import { ipProgram, lineAt, spotWords } from './explain-edit.ts';
import type { ExplainRule, FindingWords } from './explain-rule.ts';
import { isMain } from './network-scene.ts';
import { Networks } from './networks.ts';

/** A gateway that cannot be asked for its MAC, because no address or route says that it is on the link. */
export const gatewayNotOnLink: ExplainRule = {
  id: 'gateway-not-on-link',
  judge: ({ facts, intent }) => {
    const isStranded = strandedBy(intent);
    const isReached = reachedBy(facts);
    const stranded = intent.routes.filter(isStranded);
    const told = new Set(stranded.map(({ via }) => via));
    const running = facts.routes.flatMap((route) => {
      if (route.via === null || route.link === null || route.isOnLink || route.type !== 'unicast') return [];
      if (isLinkLocal(route.via) || isReached(route.link, route.via)) return [];
      // The file's line is the better place to say it.
      if (told.has(route.via)) return [];
      return [ofKernel({ ...route, via: route.via, link: route.link })];
    });
    return [...stranded.map((route) => ofFile(facts, route)), ...running];
  },
};

function reachedBy({ routes, addresses }: NetworkFacts): (link: string, gateway: string) => boolean {
  const byLink = new Map<string, Networks>();
  const add = (link: string, prefix: string) => {
    const networks = byLink.get(link) ?? new Networks();
    byLink.set(link, networks);
    networks.add(prefix);
  };
  for (const { link, via, type, destination } of routes) {
    if (link !== null && via === null && type === 'unicast') add(link, destination);
  }
  for (const { link, address, peer, prefixLength, noPrefixRoute } of addresses) {
    if (peer !== null) add(link, peer);
    if (!noPrefixRoute) add(link, `${peer ?? address}/${prefixLength}`);
  }
  return (link, gateway) => byLink.get(link)?.have(gateway) ?? false;
}

/** The gateway of a file is in none of the networks that the files bring onto its link, and no line makes it on-link. */
export function strandedBy({ addresses, routes, dynamic }: NetworkIntent): (route: IntentRoute) => boolean {
  const networks = new Networks();
  for (const { address, prefixLength, peer } of addresses) {
    if (peer !== null) networks.add(peer);
    networks.add(`${peer ?? address}/${prefixLength}`);
  }
  for (const { via, type, destination } of routes) if (via === null && type === 'unicast') networks.add(destination);
  const families = new Set(addresses.map(({ family }) => family));
  const leased = new Set(dynamic.map(({ link, family }) => `${link} ${family}`));
  return (route) => {
    if (route.via === null || route.isOnLink || route.type !== 'unicast' || isLinkLocal(route.via)) return false;
    // What DHCP or an advertisement will bring is not known here.
    if (leased.has(`${route.link ?? route.context} ${route.family}`)) return false;
    return families.has(route.family) && !networks.have(route.via);
  };
}

const CAUSE: Record<Family, string> = {
  ipv4: 'no address of that link has the gateway in its network, and no pointopoint, host route or `onlink` says that it is there.',
  ipv6: 'no address of that link has the gateway in its prefix, and no `onlink` says that it is there.',
};

function ofFile(facts: NetworkFacts, route: IntentRoute): FindingWords {
  const link = route.link ?? route.context;
  const gateway = route.via ?? '';
  return {
    level: 'alarm',
    what: `the gateway ${gateway} of ${route.destination} (${spotWords(route.spot)}) is not on the link ${link}`,
    cause: CAUSE[route.family],
    consequence:
      'the kernel refuses the route ("Nexthop has invalid gateway", or "Network is unreachable" of route(8)): without it after the next boot.',
    fix: onLinkLine(facts, route),
  };
}

/** The file's own line, as the kernel takes it. What the running network needs is the same command. */
function onLinkLine(
  facts: NetworkFacts,
  { family, destination, via, link, context, metric, form, spot }: IntentRoute,
): string {
  const over = `via ${via} dev ${shellWord(link ?? context)}${metric === null ? '' : ` metric ${metric}`} onlink`;
  const line = lineAt(facts, spot);
  const [, option] = /^(up|post-up|pre-up)\s/.exec(line ?? '') ?? [];
  if (option !== undefined)
    return `in ${spotWords(spot)} write: ${option} ${ipProgram(family)} route replace ${destination} ${over}`;
  const where = spotWords(spot);
  // networkd: below [Network] stands no word for it.
  if (line !== null && /^Gateway\s*=/i.test(line)) {
    return form === 'route'
      ? `below ${where} write: GatewayOnLink=yes`
      : `take it out of ${where}; at the end of ${spot.path} write: [Route]\\nGateway=${via}\\nGatewayOnLink=yes`;
  }
  if (line !== null && /^gateway[46]\s*:/.test(line))
    return `in ${where} write: routes: [{to: ${family === 'ipv4' ? '0.0.0.0/0' : '::/0'}, via: "${via}", on-link: true}]`;
  if (line !== null && /\bvia\s*:/.test(line)) return `give the route in ${where} the key on-link: true`;
  return `in that stanza write the address as /${family === 'ipv4' ? 32 : 128} and say that ${via} is on-link`;
}

function ofKernel(route: RouteFact & { via: string; link: string }): FindingWords {
  // With another metric it would stand beside the one that is there.
  const metric = route.metric === null ? '' : ` metric ${route.metric}`;
  const table = isMain(route) ? '' : ` table ${route.table}`;
  return {
    level: 'alarm',
    what: `the gateway ${route.via} of the route ${route.destination} is not on the link ${route.link}`,
    cause: `${CAUSE[route.family]} The address that once covered it is gone.`,
    consequence: 'it works until the route is set again: the kernel would refuse it then.',
    fix: `${ipProgram(route.family)} route replace ${route.destination} via ${route.via} dev ${shellWord(route.link)}${metric}${table} onlink`,
  };
}
