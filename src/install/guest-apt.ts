import { basename } from 'node:path';
import { readBounded } from '../base/bounded-file.ts';
import { mirrorListPath, parseMirrorList } from '../host/apt-mirror-list.ts';
import { pathExists, readIfPresent } from '../host/files.ts';
import { isSignedBy, KEYRING_MAX_BYTES } from '../host/gpgv.ts';
import {
  ARCHITECTURE,
  type DebianSource,
  isDebianKeyring,
  isTrustedUnsigned,
  renderDebianSources,
} from './debian-sources.ts';

/** In the guest Debian's own package has put the keys here, wherever the host keeps them. */
const GUEST_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** What the guest's own apt gets. */
export interface GuestApt {
  /** Its sources in deb822. */
  sources: string;
  /** Keyrings that no package of the guest brings; public keys alone. */
  keys: { path: string; content: Uint8Array }[];
}

interface Context {
  /** What the host's apt trusts without Signed-By. */
  keyrings: string[];
  packagesFileOf: (source: DebianSource) => string;
  /** A file that may be written. */
  scratch: string;
}

/** The sources as they work in a guest: no path and no address that only the host has, no login, with their keys. */
export async function guestAptOf(sources: DebianSource[], context: Context): Promise<GuestApt> {
  const texts: string[] = [];
  const keys = new Map<string, Uint8Array>();
  for (const source of sources) {
    const uri = await guestUri(source.uri, source.suite);
    const { signedBy, files } = await guestKey(source, context);
    for (const file of files) keys.set(guestKeyPath(file), await readBounded(file, KEYRING_MAX_BYTES));
    const text = renderDebianSources([{ ...source, uri: uri ?? 'none', signedBy }]);
    texts.push(uri === null ? disabled(source.suite, text) : text);
  }
  return {
    sources: [...new Set(texts)].join('\n'),
    keys: [...keys].map(([path, content]) => ({ path, content })),
  };
}

function disabled(suite: string, text: string): string {
  const why = `# The host takes ${suite} from a place that its guests cannot reach: name a mirror here.`;
  return `${why}\n${text.replace(/^(?!$)/gm, '# ')}`;
}

/** The address as a guest can use it, or null. A list of mirrors that is a file of the host gives its first that can be. */
export async function guestUri(uri: string, suite: string): Promise<string | null> {
  const list = mirrorListPath(uri);
  if (list === null) return reachableUri(uri);
  const mirrors = parseMirrorList((await readIfPresent(list)) ?? '').filter(({ only }) => {
    const codename = suite.split('-', 1)[0] ?? '';
    const fits = (name: string, ...values: string[]) => only[name]?.some((value) => values.includes(value)) ?? true;
    return (
      fits('arch', ARCHITECTURE, 'all') &&
      fits('suite', suite) &&
      fits('codename', suite, codename) &&
      fits('type', 'deb')
    );
  });
  for (const mirror of mirrors) {
    const found = reachableUri(mirror.uri);
    if (found !== null) return found;
  }
  return null;
}

/**
 *     http://user:secret@mirror.example/debian      -> http://mirror.example/debian
 *     tor+http://mirror.example/debian              -> http://mirror.example/debian
 *     http://127.0.0.1:3142/deb.example.org/debian  -> http://deb.example.org/debian (a cache on the host)
 *     file:/srv/debian, http://localhost/debian     -> null
 */
function reachableUri(uri: string): string | null {
  const parts = /^(?:tor\+)?((?:mirror\+)?(?:https?|ftp)|mirror):\/\/(?:[^/@]*@)?([^/]*)(\/.*)?$/i.exec(uri);
  if (parts === null) return null;
  const [, scheme = '', authority = '', path = ''] = parts;
  const host = authority.replace(/:\d+$/, '');
  if (!/^(localhost|127\..*|\[::1\]|0\.0\.0\.0)$/i.test(host)) return `${scheme}://${authority}${path}`;
  const behind = /^\/(https\/\/\/)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)(\/.*)?$/i.exec(path);
  return behind === null ? null : `${behind[1] === undefined ? scheme : 'https'}://${behind[2]}${behind[3] ?? ''}`;
}

async function guestKey(
  source: DebianSource,
  { keyrings, packagesFileOf, scratch }: Context,
): Promise<{ signedBy: string | null; files: string[] }> {
  const { signedBy } = source;
  if (isTrustedUnsigned(source)) return { signedBy: null, files: [] };
  if (isDebianKeyring(signedBy)) return { signedBy: GUEST_KEYRING, files: [] };
  if (signedBy?.includes('-----BEGIN PGP')) return { signedBy, files: [] };
  const named = signedBy?.split(/[\s,]+/).filter((word) => word.startsWith('/')) ?? [];
  if (named.length > 0) return { signedBy: named.map(guestKeyPath).join(' '), files: named };
  const signed = await signedFile(packagesFileOf(source));
  for (const keyring of [GUEST_KEYRING, ...keyrings]) {
    if (!(await pathExists(keyring)) || !(await isSignedBy(keyring, signed, scratch))) continue;
    if (isDebianKeyring(keyring)) return { signedBy: GUEST_KEYRING, files: [] };
    return { signedBy: guestKeyPath(keyring), files: [keyring] };
  }
  return { signedBy: GUEST_KEYRING, files: [] };
}

async function signedFile(packagesFile: string): Promise<string> {
  const base = packagesFile.replace(/_main_binary-[a-z0-9]+_Packages$/, '');
  return (await pathExists(`${base}_InRelease`)) ? `${base}_InRelease` : `${base}_Release`;
}

/** A keyring in trusted.gpg.d would vouch for every source of the guest. */
function guestKeyPath(file: string): string {
  return `/etc/apt/keyrings/${basename(file)}`;
}
