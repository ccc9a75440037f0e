import { LodgeError } from '../base/errors.ts';
import type { AptSource } from '../host/apt-sources.ts';

/** Debian's releases by name, as suites of the archive. */
const CODENAMES = ['buster', 'bullseye', 'bookworm', 'trixie', 'forky', 'duke', 'sid'];
const ALIASES = ['oldoldstable', 'oldstable', 'stable', 'testing', 'unstable'];
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

type Pocket = '' | '-updates' | '-security';

interface DebianSource {
  uri: string;
  suite: string;
  /** A keyring's path or an armoured key. */
  signedBy: string;
}

/**
 * Picks the entries of the Debian archive from the host's apt sources and turns them to another release. They are
 * known by what they say, not by a mirror's name: a suite of a Debian release, the component `main`, and Debian's
 * archive keyring (an entry without Signed-By must have `debian` in its URI; the bootstrap checks signatures anyway).
 *
 * @throws IMAGE_BUILD_FAILED when no entry fits.
 */
export function pickDebianSources(sources: AptSource[], release: string): DebianSource[] {
  const picked = new Map<string, DebianSource>();
  for (const source of sources) {
    if (!source.types.includes('deb') || !source.components.includes('main') || !isSignedByDebian(source)) continue;
    for (const uri of source.uris.filter((text) => /^(mirror\+|tor\+)?https?:\/\//.test(text))) {
      for (const pocket of source.suites.map(pocketOf)) {
        if (pocket === null) continue;
        const suite = `${release}${pocket}`;
        picked.set(`${uri} ${suite}`, { uri, suite, signedBy: signedByFor(source) });
      }
    }
  }
  const found = [...picked.values()];
  if (!found.some((source) => source.suite === release)) {
    throw new LodgeError(
      'IMAGE_BUILD_FAILED',
      `the host's apt sources name no Debian archive to take ${release} from`,
      {
        hint: 'add one to /etc/apt/sources.list.d with Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
      },
    );
  }
  return found;
}

/** `bookworm -> ''`, `stable-updates -> -updates`, `bookworm-security`, `buster/updates -> -security`, others null. */
function pocketOf(suite: string): Pocket | null {
  const match = /^([a-z]+)(-updates|-security|\/updates)?$/.exec(suite);
  if (match?.[1] === undefined || ![...CODENAMES, ...ALIASES].includes(match[1])) return null;
  return match[2] === '/updates' ? '-security' : ((match[2] ?? '') as Pocket);
}

function isSignedByDebian(source: AptSource): boolean {
  if (source.signedBy === null) return source.uris.some((uri) => uri.includes('debian'));
  if (source.signedBy.includes('-----BEGIN PGP')) return source.uris.some((uri) => uri.includes('debian'));
  return /debian-archive-[a-z-]+\.(gpg|asc|pgp)/.test(source.signedBy);
}

/** A keyring of one release (`debian-archive-bookworm-stable.gpg`) cannot vouch for another: the whole one can. */
function signedByFor(source: AptSource): string {
  if (source.signedBy?.includes('-----BEGIN PGP')) return source.signedBy;
  return source.signedBy?.includes('debian-archive-keyring') ? source.signedBy : KEYRING;
}

/** The entries in the deb822 form of sources.list(5). */
export function renderDebianSources(sources: DebianSource[]): string {
  return sources
    .map(({ uri, suite, signedBy }) =>
      [
        'Types: deb',
        `URIs: ${uri}`,
        `Suites: ${suite}`,
        'Components: main',
        `Signed-By: ${indented(signedBy)}`,
        '',
      ].join('\n'),
    )
    .join('\n');
}

/** In deb822 a further line begins with a blank, and an empty one is a dot. */
function indented(text: string): string {
  const [first = '', ...rest] = text.split('\n');
  if (rest.length === 0) return first;
  return ['', ...[first, ...rest].map((line) => ` ${line === '' ? '.' : line}`)].join('\n');
}
