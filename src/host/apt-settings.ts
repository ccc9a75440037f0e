import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readAptPaths } from './apt-paths.ts';
import { exec } from './exec.ts';
import { pathExists } from './files.ts';

/** What says which indexes are fetched and how they are kept, and not how one gets at an archive. */
const NOT_OF_FETCHING = /^Acquire::(IndexTargets|Languages|GzipIndexes|CompressionTypes|Changelogs|cdrom)\b/i;

/** After this long without an answer apt gives an address up, unless the host says otherwise. */
const ANSWER_LIMIT_S = 20;

/**
 * How the host's apt gets at its archives, in apt's own words for another apt: proxies, logins by the path of their
 * file, certificates, retries, dates. It may hold a proxy's password: it goes into a file that only root reads, and
 * never on a command line.
 */
export async function readFetchSettings(): Promise<string> {
  const { stdout } = await exec('apt-config', ['dump', '--no-empty', '--format', '%F "%v";%n']);
  const { netrc, netrcParts } = await readAptPaths();
  const lines = stdout.split('\n').filter((line) => /^Acquire::/i.test(line) && !NOT_OF_FETCHING.test(line));
  const names = new Set(lines.map((line) => line.split(' ')[0]?.toLowerCase()));
  const defaults = [
    ['Acquire::Retries', '2'],
    ['Acquire::http::Timeout', `${ANSWER_LIMIT_S}`],
    ['Acquire::https::Timeout', `${ANSWER_LIMIT_S}`],
  ].flatMap(([name, value]) => (names.has(name?.toLowerCase()) ? [] : [`${name} "${value}";`]));
  const logins = [`Dir::Etc::netrc "${netrc}";`, `Dir::Etc::netrcparts "${netrcParts}";`];
  return `${[...lines, ...defaults, ...logins].join('\n')}\n`;
}

/** The keyrings that apt trusts for an entry without Signed-By. */
export async function trustedKeyrings(): Promise<string[]> {
  const { trusted, trustedParts } = await readAptPaths();
  const parts = (await readdir(trustedParts).catch(() => [])).filter((name) => /\.(gpg|asc)$/.test(name)).sort();
  const files = parts.map((name) => join(trustedParts, name));
  return (await pathExists(trusted)) ? [trusted, ...files] : files;
}
