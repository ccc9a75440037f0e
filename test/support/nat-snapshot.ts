import type { Namespaces } from './netns.ts';

const SETTINGS = String.raw`net\.(ipv4\.(conf|neigh|ip_forward)|ipv6\.(conf|neigh)).*`;

/** Everything of a namespace that a link could leave something in, as text to compare. */
export async function snapshot(spaces: Namespaces, name: string): Promise<Record<string, string>> {
  const read = async (program: string, ...args: string[]) =>
    (await spaces.run(name, program, args, { okExitCodes: [0, 1, 255] })).stdout;
  return {
    rules: withoutMoving(await read('nft', 'list', 'ruleset')),
    links: await read('ip', '-j', 'link'),
    addresses: await read('ip', '-j', 'address'),
    ipv4Routes: await read('ip', '-j', '-4', 'route', 'show', 'table', 'all'),
    ipv6Routes: withoutAges(await read('ip', '-6', 'route', 'show', 'table', 'all')),
    rule: (await read('ip', '-j', '-4', 'rule')) + (await read('ip', '-j', '-6', 'rule')),
    proxies: await read('ip', 'neighbour', 'show', 'proxy'),
    settings: await read('sysctl', '-a', '--pattern', SETTINGS),
    listeners: await read('ss', '-Hnltu'),
  };
}

/**
 * Packets go on while a test runs, what they left behind for a time (`expires`) too; hashes have no order, and tables that of their
 * making.
 */
export function withoutMoving(rules: string): string {
  const lasting = rules
    .replace(/packets \d+ bytes \d+/g, 'packets N bytes N')
    .replace(/\s*elements = \{([^}]*)\}/g, (_, list: string) => {
      const elements = list.split(',').map((element) => element.trim());
      const kept = elements.filter((element) => !element.includes(' expires '));
      return kept.length === 0 ? '' : `\n\t\telements = { ${kept.sort().join(', ')} }`;
    });
  return lasting
    .split(/^(?=table )/m)
    .sort()
    .join('');
}

function withoutAges(routes: string): string {
  return routes.replace(/ expires \d+sec/g, '');
}
