import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLodgeError } from '../base/errors.ts';
import { parseAptSources } from '../host/apt-sources.ts';
import { pickDebianSources, renderDebianSources } from './debian-sources.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

function pick(text: string, release = 'bookworm', file = '/etc/apt/sources.list.d/debian.sources') {
  return pickDebianSources(parseAptSources(text, file), release);
}

test('the archive is picked in deb822, turned to the wanted release, and third parties are left out', () => {
  const text = `Types: deb deb-src
URIs: https://mirror.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By: ${KEYRING}

Types: deb
URIs: https://security.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: ${KEYRING}

Types: deb
URIs: https://download.example/linux/debian
Suites: bookworm
Components: stable
Signed-By: /etc/apt/keyrings/docker.asc

Types: deb
URIs: https://apt.example/debian
Suites: bookworm
Components: main
Signed-By: /etc/apt/keyrings/example.asc

Types: deb-src
URIs: https://sources.example/debian
Suites: bookworm
Components: main
Signed-By: ${KEYRING}
`;
  assert.deepEqual(pick(text, 'trixie'), [
    { uri: 'https://mirror.example/debian', suite: 'trixie', signedBy: KEYRING },
    { uri: 'https://mirror.example/debian', suite: 'trixie-updates', signedBy: KEYRING },
    { uri: 'https://security.example/debian-security', suite: 'trixie-security', signedBy: KEYRING },
  ]);
});

test('the one-line format: without signed-by an entry needs debian in its URI, other schemes are left out', () => {
  const text = `deb http://mirror.example/debian/packages stable main
deb http://mirror.example/debian/security stable-security main
deb http://mirror.example/debian-security buster/updates main
deb [trusted=yes] http://third.example/apt bookworm main
deb cdrom:[Debian GNU/Linux 12 _Bookworm_]/ bookworm main
deb [arch=amd64] http://pgdg.example/debian bookworm-pgdg main
`;
  assert.deepEqual(
    pick(text, 'bookworm', '/etc/apt/sources.list').map(({ uri, suite }) => `${uri} ${suite}`),
    [
      'http://mirror.example/debian/packages bookworm',
      'http://mirror.example/debian/security bookworm-security',
      'http://mirror.example/debian-security bookworm-security',
    ],
  );
});

test('a keyring of one release gives way to the whole one, which knows the next release', () => {
  const [first] = pick(
    'deb [signed-by=/usr/share/keyrings/debian-archive-bookworm-stable.gpg] http://mirror.example/d bookworm main\n',
    'trixie',
    '/etc/apt/sources.list',
  );
  assert.equal(first?.signedBy, KEYRING);
});

test('without an entry for the release itself the error says what to add', () => {
  for (const text of ['', 'deb http://mirror.example/debian bookworm-security main\n']) {
    assert.throws(
      () => pick(text, 'bookworm', '/etc/apt/sources.list'),
      (error) => isLodgeError(error, 'IMAGE_BUILD_FAILED'),
    );
  }
});

test('an armoured key survives the way through deb822', () => {
  const key = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQINBF\n-----END PGP PUBLIC KEY BLOCK-----';
  const source = { uri: 'http://mirror.example/debian', suite: 'bookworm', signedBy: key };
  assert.deepEqual(pick(renderDebianSources([source])), [source]);
});
