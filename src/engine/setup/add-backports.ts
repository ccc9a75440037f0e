import { rm } from 'node:fs/promises';
import { LodgeError } from '../../base/errors.ts';
import { updatePackageLists } from '../../host/apt.ts';
import { type AptSource, readAptSources } from '../../host/apt-sources.ts';
import { writeFileAtomically } from '../../host/files.ts';

const SOURCES_FILE = '/etc/apt/sources.list.d/lodge-backports.sources';
/** Installed by debian-archive-keyring, which every Debian has: apt depends on it. */
const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Adds the backports of the host's release from the mirror the host already uses, and fetches the lists. Backports are
 * `NotAutomatic`: apt takes nothing from them that is not asked for. Without the lists the file is taken away again.
 *
 * @throws STATE_REFUSED when the host has no source of its own release to take the mirror from.
 */
export async function addBackports(
  release: string,
  options: { onProgress: (detail: string) => void; signal: AbortSignal },
): Promise<void> {
  const content = renderBackports(await readAptSources(), release);
  if (content === null) {
    throw new LodgeError('STATE_REFUSED', `the apt sources name no mirror of ${release.replace('-backports', '')}`, {
      hint: `add ${release} to /etc/apt/sources.list.d, then lodge setup --backports`,
    });
  }
  await writeFileAtomically(SOURCES_FILE, content);
  try {
    await updatePackageLists(options);
  } catch (error) {
    await rm(SOURCES_FILE, { force: true });
    throw error;
  }
}

/** The deb822 file for backports on the host's own mirror with the host's own key, or null without such a mirror. */
export function renderBackports(sources: AptSource[], release: string): string | null {
  const codename = release.replace('-backports', '');
  const own = sources.find(
    (source) => source.types.includes('deb') && source.suites.includes(codename) && source.components.includes('main'),
  );
  if (own === undefined) return null;
  const signedBy = (own.signedBy ?? DEBIAN_KEYRING).replaceAll('\n\n', '\n.\n').replaceAll('\n', '\n ');
  return [
    '# Written by lodge setup --backports. Nothing is taken from here unless it is asked for by name.',
    'Types: deb',
    `URIs: ${own.uris.join(' ')}`,
    `Suites: ${release}`,
    'Components: main',
    `Signed-By: ${signedBy}`,
    '',
  ].join('\n');
}
