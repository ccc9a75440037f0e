import { exec } from './exec.ts';

/**
 * Brings everything that comes in by one link into another, as if it had come in there from its wire: every rule for incoming
 * packets sees it (tc-mirred(8), `ingress redirect`). It ends with the first link.
 */
export async function mirrorIn(link: string, into: string): Promise<void> {
  await exec('tc', ['qdisc', 'add', 'dev', link, 'clsact']);
  const redirect = ['action', 'mirred', 'ingress', 'redirect', 'dev', into];
  await exec('tc', [
    'filter',
    'add',
    'dev',
    link,
    'ingress',
    'protocol',
    'all',
    'u32',
    'match',
    'u32',
    '0',
    '0',
    ...redirect,
  ]);
}
