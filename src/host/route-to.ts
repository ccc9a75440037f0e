import { exec } from './exec.ts';

/** Which way the kernel would send a packet, or what it says instead: `Network is unreachable`. */
export type RouteAnswer = { kind: 'route'; link: string } | { kind: 'refused'; said: string };

/** @param came the packet is not the host's own: whose it is, and by which link it came */
export async function routeTo(address: string, came?: { from: string; by: string }): Promise<RouteAnswer> {
  const family = address.includes(':') ? '-6' : '-4';
  const words = came === undefined ? [] : ['from', came.from, 'iif', came.by];
  const { stdout, stderr, exitCode } = await exec('ip', ['-j', family, 'route', 'get', address, ...words], {
    okExitCodes: [0, 1, 2],
  });
  const [route] =
    exitCode === 0 && stdout.trim() !== '' ? (JSON.parse(stdout) as { dev?: string; type?: string }[]) : [];
  if (route?.dev !== undefined && (route.type === undefined || route.type === 'unicast')) {
    return { kind: 'route', link: route.dev };
  }
  const said =
    /(?:answers|Error): (.*)/.exec(stderr)?.[1] ?? (route?.type !== undefined ? `the route is ${route.type}` : '');
  return { kind: 'refused', said: said === '' ? 'no route' : said };
}
