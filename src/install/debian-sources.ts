import type { AptSource } from '../host/apt-sources.ts';

/** Debian's releases by name, as suites of the archive. */
const CODENAMES = ['buster', 'bullseye', 'bookworm', 'trixie', 'forky', 'duke', 'sid'];
const ALIASES = ['oldoldstable', 'oldstable', 'stable', 'testing', 'unstable'];
/** Lodge's guests are of this architecture alone. */
export const ARCHITECTURE = 'amd64';

type Pocket = '' | '-updates' | '-security';

/** One archive and one suite of it. */
export interface DebianSource {
  uri: string;
  suite: string;
  pocket: Pocket;
  /** As the host wrote it: keyrings' paths, fingerprints, an armoured key; null where it names none. */
  signedBy: string | null;
  /** What else the host says of the entry, under deb822's names: `trusted`, `check-valid-until`. */
  options: Record<string, string>;
  /** Debian's own key vouches for it. */
  isSure: boolean;
}

/** Choices of what is fetched, not of how: the build makes its own. */
const CHOICES = /^(architectures|languages|targets)(-add|-remove)?$|^(description|x-.*|snapshot)$/;

/**
 * The entries of the host's apt sources that can be the Debian archive, turned to another release: the component `main`
 * of a suite that a Debian release has. Third parties write the same words: an entry that Debian's key does not vouch for
 * is only judged when its index is there.
 */
export function findDebianSources(sources: AptSource[], release: string): DebianSource[] {
  const found = new Map<string, DebianSource>();
  for (const source of sources) {
    if (!source.types.includes('deb') || !source.components.includes('main') || !hasArchitecture(source)) continue;
    const { signedBy } = source;
    const options = Object.fromEntries(Object.entries(source.options).filter(([name]) => !CHOICES.test(name)));
    for (const uri of source.uris.filter((text) => !text.startsWith('cdrom:'))) {
      for (const pocket of source.suites.map(pocketOf)) {
        if (pocket === null) continue;
        const suite = `${release}${pocket}`;
        found.set(`${uri} ${suite}`, { uri, suite, pocket, signedBy, options, isSure: isDebianKeyring(signedBy) });
      }
    }
  }
  return [...found.values()];
}

/** `bookworm -> ''`, `stable-updates -> -updates`, `bookworm-security`, `buster/updates -> -security`, others null. */
function pocketOf(suite: string): Pocket | null {
  const match = /^([a-z]+)(-updates|-security|\/updates)?\/?$/.exec(suite);
  if (match?.[1] === undefined || ![...CODENAMES, ...ALIASES].includes(match[1])) return null;
  // A suite that ends in a slash is a path of a flat repository: sources.list(5).
  if (suite.endsWith('/')) return null;
  return match[2] === '/updates' ? '-security' : ((match[2] ?? '') as Pocket);
}

function hasArchitecture({ options }: AptSource): boolean {
  const words = (name: string) => options[name]?.split(/[\s,]+/) ?? null;
  const only = words('architectures');
  return (only === null || only.includes(ARCHITECTURE)) && !words('architectures-remove')?.includes(ARCHITECTURE);
}

export function isDebianKeyring(signedBy: string | null): boolean {
  return signedBy !== null && /debian-archive-[a-z-]{1,60}\.(gpg|asc|pgp)/.test(signedBy);
}

/** The host trusts the archive whoever signed it. */
export function isTrustedUnsigned({ options }: DebianSource): boolean {
  return /^(yes|true|with|on|enable|1)$/i.test(options.trusted?.trim() ?? '');
}

/** The entries in the deb822 form of sources.list(5), one a stanza. */
export function renderDebianSources(sources: Pick<DebianSource, 'uri' | 'suite' | 'signedBy' | 'options'>[]): string {
  return sources
    .map(({ uri, suite, signedBy, options }) =>
      [
        'Types: deb',
        `URIs: ${uri}`,
        `Suites: ${suite}`,
        'Components: main',
        ...(signedBy === null ? [] : [field('Signed-By', signedBy)]),
        ...Object.entries(options).map(([name, value]) => field(fieldName(name), value)),
        '',
      ].join('\n'),
    )
    .join('\n');
}

/** `check-valid-until -> Check-Valid-Until` */
function fieldName(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, before: string, letter: string) => `${before}${letter.toUpperCase()}`);
}

/** In deb822 a further line begins with a blank, and an empty one is a dot. */
function field(name: string, value: string): string {
  if (!value.includes('\n')) return `${name}: ${value}`;
  return [`${name}:`, ...value.split('\n').map((line) => ` ${line === '' ? '.' : line}`)].join('\n');
}
