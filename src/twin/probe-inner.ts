import type { ProofCheck } from '../model/network-plan.ts';
import type { Question } from './ask.ts';
import type { Twin } from './build.ts';
import { ROUTER_LINK } from './router.ts';
import { outerLink, type TwinView } from './view.ts';

/**
 * A network inside the host, for as long as the probes run: the provider asks on the wire for the host's address in it and for another
 * one, and must hear nothing.
 */
const INNER_LINK = 'lodgetwin0';

export async function openInner({ spaces, addresses: { inner } }: Twin): Promise<void> {
  await Promise.all([
    spaces.setUp('host', {
      ip: [
        `link add ${INNER_LINK} type veth peer name inner netns ${spaces.nameOf('switch')}`,
        `link set ${INNER_LINK} up`,
        `address add ${inner.own}/24 dev ${INNER_LINK}`,
      ],
    }),
    spaces.setUp('router', {
      ip: [`route replace ${inner.own}/32 dev ${ROUTER_LINK}`, `route replace ${inner.other}/32 dev ${ROUTER_LINK}`],
    }),
  ]);
  await spaces.setUp('switch', { ip: ['link set inner up'] });
}

export async function closeInner({ spaces, addresses: { inner } }: Twin): Promise<void> {
  await Promise.all([
    spaces.setUp('host', { ip: [`link delete ${INNER_LINK}`] }),
    spaces.setUp('router', {
      ip: [`route delete ${inner.own}/32 dev ${ROUTER_LINK}`, `route delete ${inner.other}/32 dev ${ROUTER_LINK}`],
    }),
  ]);
}

export function innerQuestions({ host, addresses: { inner } }: Twin): Question[] {
  // A router without an address in IPv4 does not ask.
  if (host.ipv4 === null) return [];
  return [inner.own, inner.other].map((target) => ({ from: 'router', target }));
}

/** The host answers ARP for what it was given and for nothing else. */
export function innerChecks({ host, addresses: { inner } }: Twin, view: TwinView): ProofCheck[] {
  if (host.ipv4 === null) return [];
  const answered = (address: string) =>
    view.routerNeighbours.some((entry) => entry.address === address && entry.mac !== null);
  const outer = outerLink(view)?.name ?? host.uplink.name;
  const causes = [
    ...(answered(inner.other)
      ? [
          `the host answers ARP on ${outer} for addresses that are not its own (asked: ${inner.other}): ${settingOf(view, outer, 'proxy_arp')}`,
        ]
      : []),
    ...(answered(inner.own)
      ? [
          `the host answers ARP on ${outer} for addresses of its inner links (asked: ${inner.own}): ${settingOf(view, outer, 'arp_ignore')}`,
        ]
      : []),
  ];
  return [
    {
      id: 'arp-inner',
      isGreen: causes.length === 0,
      summary: `the provider asked by ARP for ${inner.own} and ${inner.other} of an inner network: ${causes.length === 0 ? 'no answer' : 'answered'}`,
      cause: causes.length === 0 ? null : causes.join('; '),
    },
  ];
}

/** `net/ipv4/conf/eth0/proxy_arp is 1` */
function settingOf({ sysctls }: TwinView, link: string, setting: string): string {
  const paths = ['all', link].map((name) => `net/ipv4/conf/${name}/${setting}`);
  const on = paths.find((path) => sysctls[path] !== '0') ?? paths[1] ?? '';
  const path = setting === 'arp_ignore' ? (paths[1] ?? '') : on;
  return `${path} is ${sysctls[path] ?? 'not there'}`;
}
