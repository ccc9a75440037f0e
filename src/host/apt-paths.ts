import { exec } from './exec.ts';

/** Where apt looks, as apt says it; all absolute. */
export interface AptPaths {
  sourceList: string;
  sourceParts: string;
  trusted: string;
  trustedParts: string;
  netrc: string;
  netrcParts: string;
}

/** apt-config(8): `/f` asks for a file, `/d` for a directory, resolved by apt's own rules. */
const NAMES: Record<keyof AptPaths, string> = {
  sourceList: 'Dir::Etc::sourcelist/f',
  sourceParts: 'Dir::Etc::sourceparts/d',
  trusted: 'Dir::Etc::trusted/f',
  trustedParts: 'Dir::Etc::trustedparts/d',
  netrc: 'Dir::Etc::netrc/f',
  netrcParts: 'Dir::Etc::netrcparts/d',
};

export async function readAptPaths(): Promise<AptPaths> {
  const { stdout } = await exec('apt-config', ['shell', ...Object.entries(NAMES).flat()]);
  const found = Object.keys(NAMES).map((name) => [name, new RegExp(`^${name}='(.*)'$`, 'm').exec(stdout)?.[1] ?? '']);
  return Object.fromEntries(found) as AptPaths;
}
