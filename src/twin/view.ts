import { readAddresses } from '../host/network-addresses.ts';
import { readFirewall } from '../host/network-firewall.ts';
import { readLinks } from '../host/network-links.ts';
import { readNeighbours } from '../host/network-neighbours.ts';
import { readRoutes } from '../host/network-routes.ts';
import { readNetworkSysctls } from '../host/network-sysctls.ts';
import type { HostConfig } from '../model/host-config.ts';
import type { AddressFact, GuardReading, LinkFact, NeighbourFact, RouteFact } from '../model/network-facts.ts';
import type { ProviderModes } from '../model/network-plan.ts';
import { GUARD_TABLE } from '../render/mac-guard.ts';
import type { Twin } from './build.ts';
import { ROUTER_LINK } from './router.ts';
import { readViolations } from './switch.ts';

/** Everything that can be the cause of a red check, read at one moment. */
export interface TwinView {
  host: HostConfig;
  modes: ProviderModes;
  links: LinkFact[];
  addresses: AddressFact[];
  routes: RouteFact[];
  /** With what the host answers for. */
  neighbours: NeighbourFact[];
  sysctls: Record<string, string>;
  guard: GuardReading | null;
  /** What the provider's router knows of this customer's wire. */
  routerNeighbours: NeighbourFact[];
  /** What the provider's switch has dropped. */
  violations: { frames: number; macs: string[] };
}

export async function readView(twin: Twin): Promise<TwinView> {
  const { spaces, host, modes } = twin;
  const place = spaces.nameOf('host');
  const [links, addresses, routes, neighbours, firewall, ofRouter, violations] = await Promise.all([
    readLinks(place),
    readAddresses(place),
    readRoutes(place, []),
    readNeighbours(place),
    readFirewall(place, GUARD_TABLE),
    readNeighbours(spaces.nameOf('router')),
    readViolations(spaces),
  ]);
  const sysctls = await readNetworkSysctls(
    place,
    links.map(({ name }) => name),
  );
  const routerNeighbours = ofRouter.filter(({ link }) => link === ROUTER_LINK);
  const { guard } = firewall;
  return { host, modes, links, addresses, routes, neighbours, sysctls, guard, routerNeighbours, violations };
}

/** The link that has the uplink's part in layer 3: the bridge it is a port of, or itself. */
export function outerLink({ links, host }: TwinView): LinkFact | null {
  const uplink = links.find(({ name }) => name === host.uplink.name) ?? null;
  return links.find(({ name }) => name === uplink?.master) ?? uplink;
}

/** MACs that the provider does not know and that tried to get out, whether the host's guard or the switch has stopped them. */
export function foreignMacs({ guard, violations }: TwinView): string[] {
  return [...new Set([...violations.macs, ...(guard?.foreignMacs ?? [])])];
}
