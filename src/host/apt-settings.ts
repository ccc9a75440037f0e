import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { aptValue } from '../base/quoting/apt-value.ts';
import { readAptPaths } from './apt-paths.ts';
import { exec } from './exec.ts';
import { isFile } from './files.ts';

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
  const { stdout } = await exec('apt-config', ['dump', '--no-empty', '--format', '%F\t%v%n']);
  const { netrc, netrcParts } = await readAptPaths();
  const settings = stdout.split('\n').flatMap((line) => {
    const [, name = '', value = ''] = /^(Acquire::[^\t]*)\t(.*)$/is.exec(line) ?? [];
    return name === '' || NOT_OF_FETCHING.test(name) ? [] : [{ name, value }];
  });
  const names = new Set(settings.map(({ name }) => name.toLowerCase()));
  const defaults = [
    { name: 'Acquire::Retries', value: '2' },
    { name: 'Acquire::http::Timeout', value: `${ANSWER_LIMIT_S}` },
    { name: 'Acquire::https::Timeout', value: `${ANSWER_LIMIT_S}` },
  ].filter(({ name }) => !names.has(name.toLowerCase()));
  const logins = [
    { name: 'Dir::Etc::netrc', value: netrc },
    { name: 'Dir::Etc::netrcparts', value: netrcParts },
  ];
  return [...settings, ...defaults, ...logins].map(({ name, value }) => `${name} ${aptValue(value)};\n`).join('');
}

/** The keyrings that apt trusts for an entry without Signed-By. */
export async function trustedKeyrings(): Promise<string[]> {
  const { trusted, trustedParts } = await readAptPaths();
  const parts = (await readdir(trustedParts).catch(() => [])).filter((name) => /\.(gpg|asc)$/.test(name)).sort();
  const files = [trusted, ...parts.map((name) => join(trustedParts, name))];
  const isKeyring = await Promise.all(files.map(isFile));
  return files.filter((_, index) => isKeyring[index]);
}
