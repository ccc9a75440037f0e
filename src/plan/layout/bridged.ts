import type { AddressFact, RouteFact } from '../../model/network-facts.ts';
import type { NetworkStep } from '../../model/network-plan.ts';
import { bridgedUnreachableSteps, guardStep, innerAddressSteps } from './common.ts';
import { hasIpv6, type Situation, sysctlOf } from './situation.ts';
import { addressOn, routeOver, setSysctl, step } from './steps.ts';

/**
 * Moves the host's addresses from the uplink to a bridge over it, make before break: 600 of 600 pings at 200 a second passed
 * in this order. The inverses in reverse order are make before break too.
 */
export function bridgedSteps(situation: Situation, bridge: string): NetworkStep[] {
  return [
    guardStep(situation),
    ...bridgeSteps(situation, bridge),
    ...situation.addresses.map((address) =>
      step(
        { kind: 'add-address', address: addressOn(bridge, address) },
        'before the uplink joins: no moment without the address',
      ),
    ),
    ...looseReversePath(situation, bridge, 'set'),
    step(
      { kind: 'add-port', bridge, link: situation.uplink.name },
      'from here on what arrives at the uplink belongs to the bridge, which has the addresses and the MAC already',
    ),
    ...copyGateways(situation, bridge, 'nobody has to wait for an answer to ARP when the routes lead over the bridge'),
    ...movedRoutes(situation).map((route) =>
      step(
        { kind: 'replace-route', route: routeOver(bridge, route), before: routeOver(situation.uplink.name, route) },
        'put in the place of the old one: no moment without a route',
      ),
    ),
    ...copyGateways(
      situation,
      bridge,
      'its inverse, on the way back, tells the uplink: as a port it hears no answers of its own',
    ),
    ...lastFirst(situation).map((address) =>
      step(
        { kind: 'remove-address', address: addressOn(situation.uplink.name, address) },
        'a port of a bridge has no addresses; the bridge has it already',
      ),
    ),
    ...looseReversePath(situation, bridge, 'unset'),
    ...carriedSettings(situation, bridge),
    ...askAgain(situation, bridge),
    ...quietPort(situation),
    ...innerAddressSteps(situation, bridge),
    ...bridgedUnreachableSteps(situation),
  ];
}

/**
 * Between the port and the routes, packets arrive at the bridge whose way back leads over the uplink still: a strict reverse path
 * filter (RFC 3704; Hetzner's image has it on) drops them. The stricter of `all` and the link's own decides, and 2 is loose.
 */
function looseReversePath({ facts }: Situation, bridge: string, how: 'set' | 'unset'): NetworkStep[] {
  const { 'net/ipv4/conf/all/rp_filter': all = '0', 'net/ipv4/conf/default/rp_filter': before = '0' } = facts.sysctls;
  if (all !== '1' && before !== '1') return [];
  const path = `net/ipv4/conf/${bridge}/rp_filter`;
  return how === 'set'
    ? [
        step(
          { kind: 'set-sysctl', path, value: '2', before },
          'for the moment in which packets arrive at the bridge and the routes lead over the uplink still',
        ),
      ]
    : [step({ kind: 'set-sysctl', path, value: before, before: '2' }, 'the routes lead over the bridge now')];
}

/**
 * The inverses go the other way round: so the way back adds the first address first, which is the one that the host speaks with. IPv6 has
 * the last one that was added first.
 */
function lastFirst({ addresses }: Situation): AddressFact[] {
  return [
    ...addresses.filter(({ family }) => family === 'ipv4').toReversed(),
    ...addresses.filter(({ family }) => family === 'ipv6'),
  ];
}

/** Of layer 3, as far as somebody sets them for one link; whether it forwards is a matter of its guests, and `arp_ignore` the plan's own. */
const CARRIED = [
  ...['rp_filter', 'arp_announce', 'proxy_arp', 'proxy_arp_pvlan'].map((name) => ['net/ipv4/conf', name] as const),
  ...['proxy_ndp', 'autoconf'].map((name) => ['net/ipv6/conf', name] as const),
];

/** Why a setting is the bridge's too: such a step is made again at each boot. */
export const CARRIED_WHY = 'somebody has set it for the uplink: it means to the bridge what it meant there';

/** Where the uplink's own settings differ from those that a new link gets. Whoever sets them, by its name, does not know the bridge. */
function carriedSettings({ facts, uplink }: Situation, bridge: string): NetworkStep[] {
  return CARRIED.flatMap(([place, name]) => {
    const value = facts.sysctls[`${place}/${uplink.name}/${name}`];
    const fresh = facts.sysctls[`${place}/default/${name}`];
    if (value === undefined || fresh === undefined || value === fresh) return [];
    return [step({ kind: 'set-sysctl', path: `${place}/${bridge}/${name}`, value, before: fresh }, CARRIED_WHY)];
  });
}

/** The bridge by itself, complete before anything depends on it. */
function bridgeSteps(situation: Situation, bridge: string): NetworkStep[] {
  const { uplink, facts } = situation;
  const fallback = (setting: string, value: string) => facts.sysctls[`net/ipv6/conf/default/${setting}`] ?? value;
  const own = (setting: string) => `net/ipv6/conf/${bridge}/${setting}`;
  const acceptRa = sysctlOf(situation, `net/ipv6/conf/${uplink.name}/accept_ra`, '1');
  return [
    step(
      { kind: 'add-bridge', name: bridge, mac: uplink.mac ?? '' },
      "with the uplink's MAC from its first moment: it is the only one the provider knows, and a bridge without a MAC of its own takes that of whatever port is lowest",
    ),
    ...(hasIpv6(situation)
      ? [
          ...setSysctl(
            situation,
            own('accept_dad'),
            '0',
            'the link-local address is the one the uplink has had: asking whether somebody else has it would make it unusable for a second',
            fallback('accept_dad', '1'),
          ),
          ...setSysctl(situation, own('accept_ra'), acceptRa, CARRIED_WHY, fallback('accept_ra', '1')),
        ]
      : []),
    step({ kind: 'set-up', link: bridge }, 'it has no port yet: nothing is sent'),
  ];
}

/** The gateways as the uplink knows them. */
function copyGateways({ uplink, routes }: Situation, bridge: string, why: string): NetworkStep[] {
  const gateways = new Map(routes.flatMap(({ via, family }) => (via === null ? [] : [[via, family] as const])));
  return [...gateways].map(([address, family]) =>
    step({ kind: 'copy-neighbour', from: uplink.name, to: bridge, family, address }, why),
  );
}

/** Routes to the gateway come before those through it. */
function movedRoutes({ routes }: Situation): RouteFact[] {
  return [...routes.filter(({ via }) => via === null), ...routes.filter(({ via }) => via !== null)];
}

/** What is added to the bridge later is looked for as on any link, and as it is after a boot. */
function askAgain(situation: Situation, bridge: string): NetworkStep[] {
  const value = situation.facts.sysctls['net/ipv6/conf/default/accept_dad'] ?? '1';
  if (!hasIpv6(situation) || value === '0') return [];
  return [
    step(
      { kind: 'set-sysctl', path: `net/ipv6/conf/${bridge}/accept_dad`, value, before: '0' },
      'as on any other link',
    ),
  ];
}

/** Takes the link-local address off the port, as Lodge's unit does at boot, and gives it back at once on the way back. */
function quietPort(situation: Situation): NetworkStep[] {
  if (!hasIpv6(situation)) return [];
  const { name } = situation.uplink;
  const dad = `net/ipv6/conf/${name}/accept_dad`;
  const before = sysctlOf(situation, dad, '1');
  const off = sysctlOf(situation, `net/ipv6/conf/${name}/disable_ipv6`, '0');
  const noDad = 'for the way back: the link-local address is usable at once';
  const mode = `net/ipv6/conf/${name}/addr_gen_mode`;
  const modeBefore = sysctlOf(situation, mode, '0');
  return [
    ...(before === '0' ? [] : [step({ kind: 'set-sysctl', path: dad, value: '0', before }, noDad)]),
    ...(modeBefore === '1'
      ? []
      : [
          step(
            { kind: 'set-sysctl', path: mode, value: '1', before: modeBefore },
            'as the scripts of every dialect leave a port; its inverse makes the link-local address again, also after a boot',
          ),
        ]),
    ...(off === '1'
      ? []
      : [
          step(
            { kind: 'set-sysctl', path: `net/ipv6/conf/${name}/disable_ipv6`, value: '1', before: '0' },
            'a port of a bridge has no link-local address: the bridge has it now',
          ),
        ]),
    ...(before === '0' ? [] : [step({ kind: 'set-sysctl', path: dad, value: before, before: '0' }, 'as it was')]),
  ];
}
