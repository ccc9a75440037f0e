import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LodgeError } from '../base/errors.ts';
import { hideLogins } from '../base/hide-logins.ts';
import { aptValue } from '../base/quoting/apt-value.ts';
import { exec } from './exec.ts';
import { pathExists } from './files.ts';
import { watchStall } from './stall-watch.ts';

/** A stanza of the given sources whose index is here. */
export interface FetchedIndex {
  /** Number of the stanza, counted from 1. */
  stanza: number;
  /** The list of packages, uncompressed. */
  packagesFile: string;
}

export interface FetchedIndexes {
  indexes: FetchedIndex[];
  /** What could not be fetched, each in apt's words with its address. */
  failures: string[];
}

interface FetchRequest {
  /** apt sources in deb822, one archive and one suite a stanza. */
  sources: string;
  /** What the host says of fetching: readFetchSettings. */
  settings: string;
  /** A new directory for lists, cache and configuration; nothing is written elsewhere. */
  dir: string;
  architecture: string;
  onProgress: (detail: string) => void;
  signal: AbortSignal;
  /** Give up when apt has said nothing new for so long; default 90,000 ms. */
  stallMs?: number;
}

const FETCH_LIMIT_MS = 15 * 60_000;

/**
 * `apt-get update` for other sources than the host's, with all the host says of fetching, in a directory of its own.
 * One archive that fails does not stop the others.
 *
 * @throws DOWNLOAD_FAILED when nothing comes any more, COMMAND_FAILED, CANCELLED
 */
export async function fetchIndexes(request: FetchRequest): Promise<FetchedIndexes> {
  const { sources, dir, architecture, onProgress, signal } = request;
  const conf = join(dir, 'apt.conf');
  for (const name of ['parts', 'none', 'lists/partial', 'cache/archives/partial']) {
    await mkdir(join(dir, name), { recursive: true, mode: 0o700 });
  }
  await writeFile(join(dir, 'parts/build.sources'), sources, { mode: 0o600 });
  await writeFile(conf, renderConf(request), { mode: 0o600 });
  onProgress('fetching the package lists');
  const failures = await update(conf, request);
  // Of an empty directory: apt would read all the lists, which takes seconds, to say what they are called.
  const nowhere = ['-o', `Dir::State::Lists=${join(dir, 'none')}`];
  const fields = ['--no-release-info', '--format', '$(SOURCESENTRY)\t$(FILENAME)'];
  const which = ['Created-By: Packages', 'Component: main', `Architecture: ${architecture}`];
  const { stdout } = await exec('apt-get', ['indextargets', '-c', conf, ...nowhere, ...fields, ...which], { signal });
  const indexes: FetchedIndex[] = [];
  for (const line of stdout.split('\n').filter((text) => text !== '')) {
    const [entry = '', file = ''] = line.split('\t');
    const packagesFile = join(dir, 'lists', basename(file));
    const stanza = Number(/:(\d+)$/.exec(entry)?.[1]);
    if (await pathExists(packagesFile)) indexes.push({ stanza, packagesFile });
  }
  return { indexes, failures };
}

/** `#clear` takes the host's own hooks out: they are about its own lists. The directory is closed to the account _apt. */
function renderConf({ dir, settings, architecture }: FetchRequest): string {
  return `${settings}#clear APT::Update;
#clear APT::Architectures;
#clear Acquire::IndexTargets::deb::DEP-11;
APT::Architecture "${architecture}";
APT::Architectures { "${architecture}"; };
APT::Sandbox::User "root";
APT::Status-Fd "1";
Acquire::Languages "none";
Acquire::GzipIndexes "false";
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts ${aptValue(join(dir, 'parts'))};
Dir::State::Lists ${aptValue(join(dir, 'lists'))};
Dir::State::status "/dev/null";
Dir::Cache ${aptValue(join(dir, 'cache'))};
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
`;
}

/** apt's method for lists of mirrors can wait for itself for ever (apt 2.6, a mirror that refuses): hence the watch. */
async function update(conf: string, { onProgress, signal, stallMs = 90_000 }: FetchRequest): Promise<string[]> {
  const watch = watchStall(stallMs);
  const said: string[] = [];
  const onLine = (line: string) => {
    watch.see(line);
    const share = /^dlstatus:\d+:([\d.]+):/.exec(line)?.[1];
    if (share !== undefined) onProgress(`fetching the package lists, ${Math.floor(Number(share))} %`);
    else said.push(line);
  };
  try {
    // --pdeathsig: it ends with us. Whoever takes the lists over makes his own cache.
    const withoutCache = ['-q', '-o', 'pkgCacheFile::Generate=false'];
    await exec('setpriv', ['--pdeathsig', 'KILL', 'apt-get', ...withoutCache, '-c', conf, 'update'], {
      signal: AbortSignal.any([signal, watch.signal]),
      killSignal: 'SIGKILL',
      timeoutMs: FETCH_LIMIT_MS,
      okExitCodes: [0, 100],
      onLine,
    });
  } catch (error) {
    if (!watch.signal.aborted || signal.aborted) throw error;
    throw stallError(said, stallMs);
  } finally {
    watch.close();
  }
  return parseFailures(said);
}

/** `said` are apt's lines until it stood still. */
export function stallError(said: readonly string[], stallMs: number): LodgeError {
  const from = openArchives(said).join(', ') || 'the archives';
  return fetchError([...parseFailures(said), `nothing came for ${stallMs / 1000} s from ${from}`]);
}

export function fetchError(failures: readonly string[]): LodgeError {
  return new LodgeError('DOWNLOAD_FAILED', `the host's apt cannot fetch ${[...new Set(failures)].join('; ')}`, {
    hint: 'apt-get update on the host says the same: the build takes its sources, proxies and logins',
  });
}

/**
 *     Err:2 http://127.0.0.1:9/debian bookworm InRelease
 *       Could not connect to 127.0.0.1:9 (127.0.0.1).     -> http://127.0.0.1:9/debian bookworm: Could not connect to …
 *     W: GPG error: http://x/debian bookworm InRelease: … -> as it is
 *     E: The repository 'http://x/debian sid Release' …   -> as it is
 */
export function parseFailures(lines: readonly string[]): string[] {
  const failures: string[] = [];
  lines.forEach((line, index) => {
    const what = /^Err:\d+ (\S+)(?: priority:\d+)? (\S+)/.exec(line);
    if (what !== null) failures.push(`${what[1]} ${what[2]}: ${lines[index + 1]?.trim() ?? 'no cause was given'}`);
    const said = /^(?:W: GPG error: |E: (?=The repository|Release file))(.*)$/.exec(line)?.[1];
    if (said !== undefined) failures.push(said);
  });
  // A server's own words are among them.
  return [...new Set(failures.map((text) => hideLogins(text).replace(/\p{Cc}/gu, '')))];
}

/** The archives of which something was asked and nothing came. */
function openArchives(lines: readonly string[]): string[] {
  const asked = lines.flatMap((line) => /^(?:Ign|Get):\d+ (\S+)/.exec(line)?.[1] ?? []);
  return [...new Set(asked.map(hideLogins))];
}
