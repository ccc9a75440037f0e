import { shellWord } from '../base/quoting/shell-word.ts';
import type { Family, RouteFact } from '../model/network-facts.ts';
import { isPrivate } from './address-reach.ts';
import { familyName, ipProgram, spotWords } from './explain-edit.ts';
import type { ExplainRule, FindingWords } from './explain-rule.ts';
import {
  canLeadOut,
  defaultRoutes,
  globalAddresses,
  linkNamed,
  metricOf,
  type NetworkScene,
  portsOf,
} from './network-scene.ts';

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/** The seed's first surprise: the file said eth0, the table says br0. */
export const defaultRouteOnBridge: ExplainRule = {
  id: 'default-route-on-bridge',
  judge({ facts, intent, uplink, uplinkBridge }) {
    if (uplink === null || uplinkBridge === null) return [];
    const line = intent.routes.find(
      ({ destination, context }) => destination === 'default' && context === uplinkBridge.name,
    );
    const where = line === undefined ? '' : `, and ${spotWords(line.spot)}, sets the route there`;
    const families = FAMILIES.filter((family) =>
      defaultRoutes(facts, family).some(({ link }) => link === uplinkBridge.name),
    );
    if (families.length === 0) return [];
    const bridge = uplinkBridge.name;
    return [
      {
        level: 'surprise',
        what: `the default route (${families.map(familyName).join(' and ')}) is on ${bridge}, not on ${uplink.name}`,
        cause:
          `${uplink.name} is a port of ${bridge}: the kernel hands every frame that comes in at a port to its bridge, so addresses and ` +
          `routes belong to ${bridge}. The gateway lies in the network of the address of ${bridge}${where}.`,
        consequence: `none: packets leave by ${bridge} and through its port ${uplink.name}. This is right while ${uplink.name} is bridged.`,
        fix: null,
      },
    ];
  },
};

/** In a routed layout: the default route stands where no provider is. */
export const defaultRouteAstray: ExplainRule = {
  id: 'default-route-astray',
  judge: (scene) =>
    FAMILIES.flatMap((family) => defaultRoutes(scene.facts, family).slice(0, 1)).flatMap((route) =>
      astray(scene, route),
    ),
};

function astray({ facts, host, uplink, outside }: NetworkScene, route: RouteFact): FindingWords[] {
  const link = linkNamed(facts, route.link ?? '');
  if (link === null || link.kind !== 'bridge' || link.name === outside?.name) return [];
  const leadsOut = portsOf(facts, link.name).some(canLeadOut);
  // Without host.yaml a bridge with a port to somewhere may be the owner's second way out.
  if (leadsOut && host === null) return [];
  const where = outside?.name ?? host?.uplink.name ?? 'the uplink';
  const gateway = route.via === null ? '' : ` via ${route.via}`;
  // In its place, and before whatever else is there.
  const metric = route.metric === null ? '' : ` metric ${route.metric}`;
  return [
    {
      level: 'alarm',
      what: `the default route (${familyName(route.family)}) is on ${link.name}, which does not lead to the provider`,
      cause:
        uplink === null
          ? `${link.name} has no port that leads out of this host.`
          : `${uplink.name} is the link to the provider and no port of ${link.name}: in a routed layout the default route belongs to ${where}.`,
      consequence: `packets for the ${familyName(route.family)} internet go to guests, or nowhere: the host cannot be reached over ${familyName(route.family)}.`,
      fix: `${ipProgram(route.family)} route replace default${gateway} dev ${shellWord(where)}${metric}${route.via === null ? '' : ' onlink'}`,
    },
  ];
}

/** Two ways out and nothing that says which. */
export const defaultRoutesEqual: ExplainRule = {
  id: 'default-routes-equal',
  judge({ facts }) {
    return FAMILIES.flatMap((family) => {
      const routes = defaultRoutes(facts, family);
      const [first] = routes;
      const equal = routes.filter((route) => first !== undefined && metricOf(route) === metricOf(first));
      // Several routers may announce themselves: the kernel chooses by preference and reachability (RFC 4191).
      if (first === undefined || equal.length < 2 || equal.every(({ protocol }) => protocol === 'ra')) return [];
      const named = equal.map(({ via, link }) => `${via === null ? '' : `via ${via} `}dev ${link ?? '?'}`);
      return [
        {
          level: 'alarm',
          what: `there are ${equal.length} default routes (${familyName(family)}) with the same metric ${metricOf(first)}: ${named.join('; ')}`,
          cause: 'two places configure one, or a second link came with a gateway of its own.',
          consequence:
            'which is used depends on the order in which they came, or packets are spread over them: answers leave by the wrong link and ' +
            'the provider drops them. After the next boot it may be the other one.',
          fix:
            `keep one: ${equal.slice(1).map(deletion).join('; ')}; ` +
            `and take ${equal.length > 2 ? 'their gateways' : 'its gateway'} out of the files, or write a higher metric there`,
        },
      ];
    });
  },
};

function deletion({ family, via, link, metric }: RouteFact): string {
  const over = via === null ? '' : ` via ${via}`;
  return `${ipProgram(family)} route delete default${over} dev ${shellWord(link ?? '?')}${metric === null ? '' : ` metric ${metric}`}`;
}

export const defaultRouteMissing: ExplainRule = {
  id: 'default-route-missing',
  judge({ facts, outside, intent }) {
    if (outside === null) return [];
    return FAMILIES.flatMap((family) => {
      const address = globalAddresses(facts, outside.name).find(
        (one) => one.family === family && !isPrivate(one.address),
      );
      // Of any table: policy routing keeps them elsewhere.
      const hasDefault = facts.routes.some(
        (route) => route.family === family && route.destination === 'default' && route.type === 'unicast',
      );
      if (address === undefined || hasDefault) return [];
      const wanted = intent.routes.find(
        (route) => route.family === family && route.destination === 'default' && route.via !== null,
      );
      const gateway = wanted?.via ?? 'GATEWAY';
      const onLink = ' onlink';
      return [
        {
          level: 'alarm',
          what: `there is no default route for ${familyName(family)}, though ${outside.name} has ${address.address}`,
          cause:
            wanted === undefined
              ? 'no file names a gateway, or a router advertisement that gave one has run out.'
              : `${wanted.spot.path}, line ${wanted.spot.line} names the gateway ${gateway}, and it is not in force.`,
          consequence: `nothing beyond the networks of ${outside.name} can be reached over ${familyName(family)}, and nobody there reaches this host.`,
          fix:
            wanted === undefined
              ? `write the provider's gateway into the files of ${outside.name}, and: ${ipProgram(family)} route add default via GATEWAY dev ${shellWord(outside.name)}${onLink}`
              : `${ipProgram(family)} route add default via ${gateway} dev ${shellWord(outside.name)}${onLink}`,
        },
      ];
    });
  },
};
