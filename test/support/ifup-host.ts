import type { NetworkIntent } from '../../src/model/network-intent.ts';
import type { Namespaces } from './netns.ts';

type JsonLinks = { ifname: string; addr_info: Record<string, string | number>[] }[];
type JsonRoutes = Record<string, string | number | undefined>[];

/** Addresses and routes that run, in the words of `intentWords`: without link-local, loopback's own and the kernel's own. */
export async function runningWords(spaces: Namespaces, name: string): Promise<string[]> {
  const ask = async (...args: string[]) => JSON.parse((await spaces.run(name, 'ip', ['-j', ...args])).stdout || '[]');
  return wordsOfJson(await ask('address'), await ask('-4', 'route'), await ask('-6', 'route'));
}

/** The same of what `ip -j address`, `ip -j -4 route` and `ip -j -6 route` said. */
export function wordsOfJson(links: JsonLinks, ipv4: JsonRoutes, ipv6: JsonRoutes): string[] {
  const addresses = links.flatMap(({ ifname, addr_info }) =>
    addr_info
      .filter(({ local }) => !/^(127\.0\.0\.1|::1|fe80:.*)$/.test(String(local)))
      .map((one) => {
        const peer = one.address === undefined ? '' : ` peer ${one.address}`;
        return `${ifname} ${one.local}/${one.prefixlen}${peer}`;
      }),
  );
  const routes = (['ipv4', 'ipv6'] as const).flatMap((family) =>
    (family === 'ipv4' ? ipv4 : ipv6)
      // ifupdown2 marks its default routes as the kernel's, which makes none.
      .filter(({ protocol, dst }) => protocol !== 'kernel' || dst === 'default')
      .map((one) =>
        routeWords(family, {
          type: String(one.type ?? 'unicast'),
          destination: String(one.dst),
          via: one.gateway === undefined ? null : String(one.gateway),
          link: one.type === undefined ? String(one.dev) : null,
        }),
      ),
  );
  return [...addresses, ...routes].sort();
}

/** The same of what files say. A command without a link takes the one that leads to its gateway: here the stanza's. */
export function intentWords(intent: NetworkIntent): string[] {
  const addresses = intent.addresses.map(
    ({ link, address, prefixLength, peer }) =>
      `${link} ${address}/${prefixLength}${peer === null ? '' : ` peer ${peer}`}`,
  );
  const routes = intent.routes.map(({ family, type, destination, via, link, context }) =>
    routeWords(family, { type, destination, via, link: type === 'unicast' ? (link ?? context) : null }),
  );
  return [...addresses, ...routes].sort();
}

/** The kernel prints a single address without its length. */
function routeWords(
  family: string,
  { type, destination, via, link }: { type: string; destination: string; via: string | null; link: string | null },
): string {
  const plain = destination.replace(family === 'ipv4' ? /\/32$/ : /\/128$/, '');
  return `${family} ${type} ${plain}${via === null ? '' : ` via ${via}`}${link === null ? '' : ` dev ${link}`}`;
}
