import type { Family } from '../model/network-facts.ts';
import { covers } from './address-reach.ts';
import { ipProgram, settingFix, settingOf } from './explain-edit.ts';
import type { ExplainRule } from './explain-rule.ts';
import { defaultRoutes, effectiveSetting, forwards, isMain, metricOf, type NetworkScene } from './network-scene.ts';

/** What the provider routes here and no guest has comes in by the default route's link and leaves by it. */
export const unusedAddressesLoop: ExplainRule = {
  id: 'unused-addresses-loop',
  judge: (scene) =>
    routedPrefixes(scene)
      .filter(
        ({ prefix, family }) =>
          forwards(scene.facts, family) && defaultRoutes(scene.facts, family).length > 0 && !hasRoute(scene, prefix),
      )
      .map(({ prefix, family }) => ({
        level: 'alarm',
        what: `packets for unused addresses of ${prefix} go round in circles`,
        cause: `the provider routes ${prefix} to this host, this host forwards, and has no route for the whole of it: what no guest has follows the default route back.`,
        consequence:
          'each such packet bounces between the host and the provider until its hop limit is used up, up to 255 times: a scan of the ' +
          'prefix fills the uplink.',
        fix: `${ipProgram(family)} route add unreachable ${prefix} metric 4294967295`,
      })),
};

function routedPrefixes({ host }: NetworkScene): { prefix: string; family: Family }[] {
  if (host === null) return [];
  const subnets = host.extraIpv4.flatMap((extra) =>
    extra.kind === 'single' ? [] : [{ prefix: extra.prefix as string, family: 'ipv4' as const }],
  );
  const { ipv6 } = host;
  // Of an on-link prefix the provider asks for each address; what is not answered for does not come.
  const routed =
    ipv6 !== null && ipv6.mode !== 'on-link' ? [{ prefix: ipv6.prefix as string, family: 'ipv6' as const }] : [];
  return [...subnets, ...routed];
}

/** A route for the prefix as a whole or more, whatever it does; or the address of a single one is the host's own. */
function hasRoute({ facts }: NetworkScene, prefix: string): boolean {
  const byRoute = facts.routes.some((route) => isMain(route) && covers(route.destination, prefix));
  return byRoute || facts.addresses.some(({ address }) => covers(address, prefix));
}

/** Strict reverse path filtering drops what comes in at a link that is not the best way back (RFC 3704). */
export const strictReversePath: ExplainRule = {
  id: 'strict-reverse-path',
  judge({ facts }) {
    const routes = defaultRoutes(facts, 'ipv4');
    const best = routes[0];
    if (best === undefined) return [];
    // Rules choose tables by source: the kernel's check follows them, so such a host is left alone.
    if (facts.rules.some(({ family }) => family === 'ipv4')) return [];
    const others = new Set(
      routes
        .filter((route) => metricOf(route) > metricOf(best) && route.link !== best.link)
        .map(({ link }) => link ?? ''),
    );
    return [...others]
      .filter((link) => link !== '' && effectiveSetting(facts, link, 'rp_filter') === 1)
      .map((link) => ({
        level: 'surprise',
        what: `${link} drops what comes in from the internet (rp_filter=1)`,
        cause: `${link} has a default route, but the better one is on ${best.link}: with rp_filter=1 a packet has to come in where its answer would leave.`,
        consequence: `addresses of ${link} are unreachable from outside as long as ${best.link} has the better default route.`,
        // The greater of `all` and the link's own counts: 2 wins over a 1 of `all`.
        fix: settingFix([settingOf('ipv4', link, 'rp_filter', 2)]),
      }));
  },
};
