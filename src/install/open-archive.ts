import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LodgeError } from '../base/errors.ts';
import { type FetchedIndex, fetchError, fetchIndexes } from '../host/apt-indexes.ts';
import { mirrorListPath } from '../host/apt-mirror-list.ts';
import { trustedKeyrings } from '../host/apt-settings.ts';
import type { AptSource } from '../host/apt-sources.ts';
import { exec } from '../host/exec.ts';
import { makeDirectory, readIfPresent } from '../host/files.ts';
import {
  ARCHITECTURE,
  type DebianSource,
  findDebianSources,
  isDebianKeyring,
  isTrustedUnsigned,
  renderDebianSources,
} from './debian-sources.ts';
import { type GuestApt, guestAptOf } from './guest-apt.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

interface OpenRequest {
  /** The host's own. */
  sources: AptSource[];
  release: string;
  /** readFetchSettings */
  settings: string;
  /** A new directory for the lists of packages. */
  dir: string;
  onProgress: (detail: string) => void;
  signal: AbortSignal;
}

export interface OpenArchive {
  /** What the bootstrap takes from, in deb822. Its lists are in `dir`. */
  sources: string;
  guest: GuestApt;
}

/**
 * Fetches the lists of the Debian archive that the host's apt uses, and says what the guest shall use. What no key of
 * Debian vouches for is Debian when it has the package `base-files`: a private mirror has, a third party has not.
 *
 * @throws DOWNLOAD_FAILED with the archive and apt's cause, IMAGE_BUILD_FAILED when nothing is a Debian archive
 */
export async function openArchive(request: OpenRequest): Promise<OpenArchive> {
  const { release, dir } = request;
  const tried = chooseCandidates(findDebianSources(request.sources, release));
  if (!tried.some(({ pocket }) => pocket === '')) throw noArchive(release, request.sources);
  const keyrings = await trustedKeyrings();
  const lists = await localMirrorLists(tried, dir);
  const text = (sources: DebianSource[]) =>
    renderDebianSources(sources.map((source) => forBuild(source, keyrings, lists)));
  const { indexes, failures } = await fetchIndexes({ ...request, sources: text(tried), architecture: ARCHITECTURE });
  const indexOf = new Map(indexes.map((index) => [tried[index.stanza - 1], index]));
  const kept: DebianSource[] = [];
  for (const source of tried) {
    const index = indexOf.get(source);
    if (index !== undefined && (await isDebian(source, index))) kept.push(source);
  }
  const lost = tried.filter((source) => !indexOf.has(source));
  const hasBase = kept.some(({ pocket }) => pocket === '');
  // A third party without this release is nobody's loss; Debian's own archive, or its security, is.
  if (lost.some(({ isSure, pocket }) => !hasBase || isSure || pocket !== '')) {
    throw fetchError(failures.length > 0 ? failures : lost.map(({ uri, suite }) => `${uri} ${suite}: no package list`));
  }
  if (!hasBase) throw noArchive(release, request.sources);
  const releaseOf = (source: DebianSource) => indexOf.get(source)?.packagesFile ?? '';
  const guest = await guestAptOf(kept, { keyrings, packagesFileOf: releaseOf, scratch: join(dir, 'keyring.gpg') });
  return { sources: text(kept), guest };
}

/** Where Debian's key vouches for the release, others are asked only for a pocket that it lacks. */
function chooseCandidates(found: DebianSource[]): DebianSource[] {
  const sure = found.filter(({ isSure }) => isSure);
  if (!sure.some(({ pocket }) => pocket === '')) return found;
  const others = found.filter(({ isSure, pocket }) => !isSure && !sure.some((one) => one.pocket === pocket));
  return [...sure, ...others];
}

async function isDebian({ isSure, pocket }: DebianSource, { packagesFile }: FetchedIndex): Promise<boolean> {
  if (isSure || pocket !== '') return true;
  const args = ['-m', '1', '-q', '-x', 'Package: base-files', packagesFile];
  return (await exec('grep', args, { okExitCodes: [0, 1] })).exitCode === 0;
}

/** Lists of mirrors that name an archive on the host, written again so that it is copied: by the entry's address. */
async function localMirrorLists(sources: DebianSource[], dir: string): Promise<Map<string, string>> {
  const lists = new Map<string, string>();
  for (const { uri } of sources) {
    const path = mirrorListPath(uri);
    const text = path === null ? null : await readIfPresent(path);
    if (text === null || !/^[ \t]*file:/m.test(text) || lists.has(uri)) continue;
    await makeDirectory(dir, { mode: 0o700 });
    const copy = join(dir, `mirrors-${lists.size + 1}.list`);
    await writeFile(copy, text.replace(/^([ \t]*)file:/gm, '$1copy:'));
    lists.set(uri, `mirror+file:${copy}`);
  }
  return lists;
}

/**
 * For apt on the host. A keyring of one release cannot vouch for another, the whole one can. Without Signed-By apt takes
 * what it trusts; Debian's own keyring belongs to that, wherever a release of Debian keeps it. dpkg works in the new
 * tree: what lies on the host has to be copied there.
 */
function forBuild(source: DebianSource, keyrings: string[], lists: Map<string, string>): DebianSource {
  const uri = lists.get(source.uri) ?? source.uri.replace(/^file:/, 'copy:');
  if (isTrustedUnsigned(source)) return { ...source, uri };
  const { signedBy } = source;
  if (signedBy === null) return { ...source, uri, signedBy: [KEYRING, ...keyrings].join(' ') };
  const isPartial = isDebianKeyring(signedBy) && !signedBy.includes('debian-archive-keyring');
  return { ...source, uri, signedBy: isPartial ? KEYRING : signedBy };
}

function noArchive(release: string, sources: AptSource[]): LodgeError {
  const seen = sources.flatMap(
    ({ uris, suites, components }) => `${uris[0]} ${suites.join(' ')} ${components.join(' ')}`,
  );
  const what = seen.length === 0 ? 'are empty' : `name no Debian archive to take ${release} from: ${seen.join('; ')}`;
  return new LodgeError('IMAGE_BUILD_FAILED', `the host's apt sources ${what}`, {
    hint: `add one to /etc/apt/sources.list.d with Signed-By: ${KEYRING}`,
  });
}
