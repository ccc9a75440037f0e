import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAptSources, readAptSources } from './apt-sources.ts';

const DEBIAN_SOURCES = `Types: deb deb-src
# mirror chosen by the provider
URIs: http://deb.debian.org/debian
 http://ftp.debian.org/debian
Suites: bookworm bookworm-updates
Components: main non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://example.org/off
Suites: stable
Components: main
Enabled: no
\t
types: deb
uris: https://example.org/flat
suites: ./
Architectures: amd64
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----
`;

test('deb822: lists, comments, stanzas switched off, keys in place', () => {
  const [debian, flat, ...others] = parseAptSources(DEBIAN_SOURCES, '/etc/apt/sources.list.d/debian.sources');
  assert.deepEqual(others, []);
  assert.deepEqual(debian, {
    types: ['deb', 'deb-src'],
    uris: ['http://deb.debian.org/debian', 'http://ftp.debian.org/debian'],
    suites: ['bookworm', 'bookworm-updates'],
    components: ['main', 'non-free-firmware'],
    signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
    file: '/etc/apt/sources.list.d/debian.sources',
    options: {},
  });
  assert.deepEqual(flat?.suites, ['./']);
  assert.deepEqual(flat?.options, { architectures: 'amd64' });
  assert.equal(flat?.signedBy, '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQINBF\n-----END PGP PUBLIC KEY BLOCK-----');
});

test('one line an entry: options, comments and blanks', () => {
  const text = `# deb http://deb.debian.org/debian buster main
deb http://deb.debian.org/debian bookworm main contrib # ours

  deb [ arch=amd64,i386 signed-by=/usr/share/keyrings/k.gpg trusted=yes ] https://example.org/x stable main
deb-src http://deb.debian.org/debian bookworm main
deb cdrom:[Debian GNU/Linux 12 _Bookworm_]/ bookworm main
nonsense
`;
  const sources = parseAptSources(text, '/etc/apt/sources.list');
  assert.deepEqual(
    sources.map((source) => [source.types[0], source.uris[0], source.suites[0], source.components.join('+')]),
    [
      ['deb', 'http://deb.debian.org/debian', 'bookworm', 'main+contrib'],
      ['deb', 'https://example.org/x', 'stable', 'main'],
      ['deb-src', 'http://deb.debian.org/debian', 'bookworm', 'main'],
      ['deb', 'cdrom:[Debian GNU/Linux 12 _Bookworm_]/', 'bookworm', 'main'],
    ],
  );
  assert.equal(sources[0]?.signedBy, null);
  assert.equal(sources[1]?.signedBy, '/usr/share/keyrings/k.gpg');
  assert.deepEqual(sources[1]?.options, { architectures: 'amd64 i386', trusted: 'yes' });
});

const pathsIn = (dir: string) => ({ sourceList: join(dir, 'sources.list'), sourceParts: join(dir, 'sources.list.d') });

test('a directory is read as apt reads it: other names are passed over, a missing one is empty', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lodge-apt-'));
  try {
    assert.deepEqual(await readAptSources(pathsIn(join(dir, 'absent'))), []);
    await mkdir(join(dir, 'sources.list.d'));
    await writeFile(join(dir, 'sources.list'), 'deb http://one.example/ bookworm main\n');
    await writeFile(join(dir, 'sources.list.d', 'b.list'), 'deb http://three.example/ bookworm main\n');
    await writeFile(join(dir, 'sources.list.d', 'a.sources'), 'Types: deb\nURIs: http://two.example/\nSuites: x\n');
    await writeFile(join(dir, 'sources.list.d', 'c.list.dpkg-old'), 'deb http://four.example/ bookworm main\n');
    const uris = (await readAptSources(pathsIn(dir))).flatMap((source) => source.uris);
    assert.deepEqual(uris, ['http://one.example/', 'http://two.example/', 'http://three.example/']);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('what apt passes over beside its files is no error: a directory, a hidden file, a dangling link', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lodge-apt-'));
  try {
    await mkdir(join(dir, 'old.list'));
    await symlink('/dev/null', join(dir, 'hidden.sources'));
    await symlink(join(dir, 'gone'), join(dir, 'dangling.list'));
    await writeFile(join(dir, 'debian.list'), 'deb http://deb.debian.org/debian bookworm main\n');
    const sources = await readAptSources({ sourceList: '/dev/null', sourceParts: dir });
    assert.deepEqual(
      sources.map(({ file }) => file),
      [join(dir, 'debian.list')],
    );
  } finally {
    await rm(dir, { recursive: true });
  }
});
