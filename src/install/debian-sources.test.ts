import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAptSources } from '../host/apt-sources.ts';
import { findDebianSources, renderDebianSources } from './debian-sources.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

function find(text: string, release = 'bookworm', file = '/etc/apt/sources.list.d/debian.sources') {
  return findDebianSources(parseAptSources(text, file), release);
}

const words = (found: ReturnType<typeof find>) =>
  found.map(({ uri, suite, isSure }) => `${uri} ${suite}${isSure ? '' : ' ?'}`);

test('the archive is found in deb822 and turned to the wanted release; what another key signed is not sure', () => {
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
  assert.deepEqual(words(find(text, 'trixie')), [
    'https://mirror.example/debian trixie',
    'https://mirror.example/debian trixie-updates',
    'https://security.example/debian-security trixie-security',
    'https://apt.example/debian trixie ?',
  ]);
});

test('the one-line format: what Debian’s key does not vouch for may be Debian, CDs and flat repositories are not', () => {
  const text = `deb http://mirror.example/os/packages stable main
deb http://mirror.example/debian/security stable-security main
deb http://mirror.example/debian-security buster/updates main
deb [trusted=yes check-valid-until=no] file:/srv/mirror bookworm main
deb [arch=arm64] http://mirror.example/ports bookworm main
deb [arch-=amd64] http://mirror.example/not bookworm main
deb cdrom:[Debian GNU/Linux 12 _Bookworm_]/ bookworm main
deb [arch=amd64] http://pgdg.example/debian bookworm-pgdg main
deb http://flat.example/ bookworm/
`;
  const found = find(text, 'bookworm', '/etc/apt/sources.list');
  assert.deepEqual(words(found), [
    'http://mirror.example/os/packages bookworm ?',
    'http://mirror.example/debian/security bookworm-security ?',
    'http://mirror.example/debian-security bookworm-security ?',
    'file:/srv/mirror bookworm ?',
  ]);
  assert.deepEqual(found[3]?.options, { trusted: 'yes', 'check-valid-until': 'no' });
});

test('an armoured key and the options survive the way through deb822', () => {
  const key = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQINBF\n-----END PGP PUBLIC KEY BLOCK-----';
  const [source] = find(
    `deb [check-valid-until=no] http://mirror.example/debian bookworm main\n`,
    'bookworm',
    'x.list',
  );
  assert.ok(source !== undefined);
  const text = renderDebianSources([{ ...source, signedBy: key }]);
  assert.match(text, /^Check-Valid-Until: no$/m);
  assert.deepEqual(find(text), [{ ...source, signedBy: key }]);
});
