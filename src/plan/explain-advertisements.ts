import { settingFix, settingOf } from './explain-edit.ts';
import type { ExplainRule } from './explain-rule.ts';
import { defaultRoutes } from './network-scene.ts';

/** A router does not take advertisements, unless accept_ra is 2 (Documentation/networking/ip-sysctl of Linux). */
export const advertisementsStopped: ExplainRule = {
  id: 'advertisements-stopped',
  judge: ({ facts, intent }) =>
    facts.links.flatMap(({ name }) => {
      const setting = (key: string) => facts.sysctls[`net/ipv6/conf/${name}/${key}`];
      // 0: networkd and NetworkManager read advertisements themselves.
      if (setting('forwarding') !== '1' || setting('accept_ra') !== '1' || setting('disable_ipv6') === '1') return [];
      const learned = defaultRoutes(facts, 'ipv6').find(({ link, protocol }) => link === name && protocol === 'ra');
      const wanted = intent.dynamic.find(
        ({ link, family, method }) => link === name && family === 'ipv6' && method === 'ra',
      );
      const isAlone = defaultRoutes(facts, 'ipv6').every((route) => route === learned);
      if (learned === undefined && (wanted === undefined || !isAlone)) return [];
      return [
        {
          level: 'alarm',
          what: `forwarding stopped the router advertisements on ${name}`,
          cause: `net.ipv6.conf.${name}.forwarding is 1 and accept_ra is 1: a link that forwards takes advertisements only when accept_ra is 2.`,
          consequence:
            learned === undefined
              ? 'there is no IPv6 default route: the host has no IPv6 internet.'
              : `the default route via ${learned.via} was learned before and is not renewed: it runs out, and the IPv6 internet with it.`,
          fix: settingFix([settingOf('ipv6', name, 'accept_ra', 2)]),
        },
      ];
    }),
};
