import type { Family, NetworkFacts } from '../model/network-facts.ts';
import type { IntentRoute, NetworkIntent } from '../model/network-intent.ts';
import { covers, isLinkLocal, prefixOf } from './address-reach.ts';
import { ipProgram, spotWords } from './explain-edit.ts';
import type { ExplainRule, FindingWords } from './explain-rule.ts';

/** A gateway that cannot be asked for its MAC, because no address or route says that it is on the link. */
export const gatewayNotOnLink: ExplainRule = {
  id: 'gateway-not-on-link',
  judge: ({ facts, intent }) => {
    const inFiles = intent.routes.filter((route) => isStranded(intent, route)).map(ofFile);
    const running = facts.routes.flatMap((route) => {
      if (route.via === null || route.link === null || route.isOnLink || route.type !== 'unicast') return [];
      if (isLinkLocal(route.via) || isReached(facts, route.link, route.via)) return [];
      // The file's line is the better place to say it.
      if (intent.routes.some((wanted) => wanted.via === route.via && isStranded(intent, wanted))) return [];
      return [ofKernel({ ...route, via: route.via, link: route.link })];
    });
    return [...inFiles, ...running];
  },
};

function isReached(facts: NetworkFacts, link: string, gateway: string): boolean {
  const byRoute = facts.routes.some(
    (route) =>
      route.link === link && route.via === null && route.type === 'unicast' && covers(route.destination, gateway),
  );
  const byAddress = facts.addresses.some(
    (address) =>
      address.link === link &&
      (address.peer === gateway ||
        (!address.noPrefixRoute && covers(prefixOf(address.peer ?? address.address, address.prefixLength), gateway))),
  );
  return byRoute || byAddress;
}

/** The gateway of a file is in none of the networks that the files bring onto its link, and no line makes it on-link. */
function isStranded(intent: NetworkIntent, route: IntentRoute): boolean {
  if (route.via === null || route.isOnLink || route.type !== 'unicast' || isLinkLocal(route.via)) return false;
  const gateway = route.via;
  const link = route.link ?? route.context;
  // What DHCP or an advertisement will bring is not known here.
  if (intent.dynamic.some((dynamic) => dynamic.link === link && dynamic.family === route.family)) return false;
  const addresses = intent.addresses.filter((address) => address.family === route.family);
  if (addresses.length === 0) return false;
  const isOn = addresses.some(
    ({ address, prefixLength, peer }) => peer === gateway || covers(prefixOf(peer ?? address, prefixLength), gateway),
  );
  const isRouted = intent.routes.some(
    (other) => other.via === null && other.type === 'unicast' && covers(other.destination, gateway),
  );
  return !isOn && !isRouted;
}

const CAUSE: Record<Family, string> = {
  ipv4: 'no address of that link has the gateway in its network, and no pointopoint, host route or `onlink` says that it is there.',
  ipv6: 'no address of that link has the gateway in its prefix, and no `onlink` says that it is there.',
};

function ofFile(route: IntentRoute): FindingWords {
  const link = route.link ?? route.context;
  const gateway = route.via ?? '';
  const cure =
    route.form === 'gateway' && route.family === 'ipv4'
      ? `in that stanza write the address as /32 and add: pointopoint ${gateway}`
      : `${ipProgram(route.family)} route add ${route.destination} via ${gateway} dev ${link} onlink`;
  return {
    level: 'alarm',
    what: `the gateway ${gateway} of ${route.destination} (${spotWords(route.spot)}) is not on the link ${link}`,
    cause: CAUSE[route.family],
    consequence:
      'the kernel refuses the route ("Nexthop has invalid gateway", or "Network is unreachable" of route(8)): without it after the next boot.',
    fix: cure,
  };
}

function ofKernel(route: { family: Family; destination: string; via: string; link: string }): FindingWords {
  return {
    level: 'alarm',
    what: `the gateway ${route.via} of the route ${route.destination} is not on the link ${route.link}`,
    cause: `${CAUSE[route.family]} The address that once covered it is gone.`,
    consequence: 'it works until the route is set again: the kernel would refuse it then.',
    fix: `${ipProgram(route.family)} route replace ${route.destination} via ${route.via} dev ${route.link} onlink`,
  };
}
