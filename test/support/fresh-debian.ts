import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAptSources } from '../../src/host/apt-sources.ts';
import { exec } from '../../src/host/exec.ts';
import { findDebianSources, renderDebianSources } from '../../src/install/debian-sources.ts';

export type Release = 'bookworm' | 'trixie';

/** Another one than yesterday's is fetched: packages that are gone from the mirror are no use. */
const KEPT_MS = 20 * 3600_000;

/** A minimal Debian as a tar archive, made from the host's own apt sources and kept for a day beside the tests' images. */
export async function freshDebian(release: Release): Promise<string> {
  const cache = process.env.LODGE_TEST_CACHE ?? join(tmpdir(), 'lodge-test-cache');
  const path = join(cache, `fresh-${release}.tar`);
  const found = await stat(path).catch(() => null);
  if (found !== null && Date.now() - found.mtimeMs < KEPT_MS) return path;
  await mkdir(cache, { recursive: true });
  const [sources, made] = [join(cache, `fresh-${process.pid}.sources`), join(cache, `fresh-${process.pid}.tar`)];
  try {
    await writeFile(sources, renderDebianSources(await debianSources(release)));
    const options = ['--quiet', '--variant=minbase', '--mode=root', '--format=tar'];
    await exec('mmdebstrap', [...options, release, made, sources], { timeoutMs: 1_200_000 });
    await rename(made, path);
  } finally {
    await Promise.all([sources, made].map((file) => rm(file, { force: true })));
  }
  return path;
}

async function debianSources(release: Release) {
  return findDebianSources(await readAptSources(), release);
}

/**
 * apt's files as Debian's cloud images are delivered with them: deb822, whose URIs are lists of mirrors. The lists name what the
 * host itself uses, by paths in the new root.
 */
export async function cloudImageSources(release: Release): Promise<Record<string, string>> {
  const sources = await debianSources(release);
  const urisOf = (security: boolean) =>
    [...new Set(sources.filter(({ suite }) => suite.endsWith('-security') === security).map(({ uri }) => uri))]
      .map((uri) => `${uri}\n`)
      .join('');
  const stanza = (list: string, suites: string[]) =>
    [
      'Types: deb deb-src',
      `URIs: mirror+file:///etc/apt/mirrors/${list}`,
      `Suites: ${suites.join(' ')}`,
      'Components: main',
      ...(release === 'bookworm' ? [] : ['Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg']),
      '',
    ].join('\n');
  const main = stanza('debian.list', [release, `${release}-updates`, `${release}-backports`]);
  const security = stanza('debian-security.list', [`${release}-security`]);
  const hasSecurity = urisOf(true) !== '';
  return {
    '/etc/apt/sources.list.d/debian.sources': hasSecurity ? `${main}\n${security}` : main,
    '/etc/apt/mirrors/debian.list': urisOf(false),
    ...(hasSecurity ? { '/etc/apt/mirrors/debian-security.list': urisOf(true) } : {}),
  };
}

/** How this machine's npm reaches its registry, as files and environment of a new root. */
export async function npmAccess(): Promise<{ files: Record<string, string>; env: Record<string, string> }> {
  const files: Record<string, string> = {};
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    // What `npm run` tells its own children is about this checkout.
    const isOwn =
      /^npm_config_/i.test(name) &&
      !/^npm_config_(prefix|local_prefix|cache|node_gyp|globalconfig|userconfig)/i.test(name);
    if (isOwn && value !== undefined) env[name] = value;
  }
  const config = async (key: string) => {
    const { stdout } = await exec('npm', ['config', 'get', key], { cwd: '/', okExitCodes: [0, 1] });
    return stdout.trim();
  };
  for (const [key, place] of [
    ['userconfig', '/root/.npmrc'],
    ['globalconfig', '/etc/npmrc'],
  ] as const) {
    const text = await readFile(await config(key), 'utf8').catch(() => null);
    if (text !== null) files[place] = text;
  }
  const authorities = process.env.NODE_EXTRA_CA_CERTS ?? (await config('cafile'));
  const text = await readFile(authorities, 'utf8').catch(() => null);
  if (text !== null) {
    // A name of its own: the package ca-certificates writes its own file anew.
    const place = '/etc/npm-authorities.crt';
    files[place] = text;
    env.NODE_EXTRA_CA_CERTS = place;
    env.npm_config_cafile = place;
  }
  return { files, env };
}
