import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isLodgeError } from '../../src/base/errors.ts';
import { fetchIndexes } from '../../src/host/apt-indexes.ts';
import { readFetchSettings } from '../../src/host/apt-settings.ts';
import { parseAptSources } from '../../src/host/apt-sources.ts';
import { exec } from '../../src/host/exec.ts';
import { type OpenArchive, openArchive } from '../../src/install/open-archive.ts';
import { type ArchiveKey, makeArchiveKey, serveArchives, writeArchive } from '../support/apt-archive.ts';

/** The real apt, with a configuration and archives of the test's own: nothing of this machine's sources is asked. */
let dir: string;
let key: ArchiveKey;
let debian: string;
let third: string;
let runs = 0;

const SUITES = ['trixie', 'trixie-updates', 'trixie-security'];
const places = () => ({
  'http://mirror.example/debian': debian,
  'http://mirror.example/os': debian,
  'http://third.example/debian': third,
});

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lodge-apt-'));
  debian = join(dir, 'debian');
  third = join(dir, 'third');
  key = await makeArchiveKey(dir, 'mirror');
  for (const suite of SUITES) await writeArchive({ dir: debian, suite, packages: ['apt', 'base-files', 'zstd'], key });
  await writeArchive({ dir: third, suite: 'trixie', packages: ['agent'], key });
  await mkdir(join(dir, 'trusted'));
  await writeFile(join(dir, 'trusted/mirror.gpg'), await readFile(key.keyring));
});
after(() => rm(dir, { recursive: true, force: true }));

/** What the host's apt.conf says, and then what Lodge makes of the host's sources. */
async function open(sources: string, conf = '', file = '/etc/apt/sources.list.d/x.sources'): Promise<OpenArchive> {
  runs += 1;
  const hostConf = join(dir, `host-${runs}.conf`);
  const paths = `Dir::Etc::Parts "/dev/null";\nDir::Etc::trusted "/dev/null";\nDir::Etc::trustedparts "${join(dir, 'trusted')}/";\n`;
  await writeFile(hostConf, `${paths}Acquire::Retries "0";\n${conf}`);
  process.env.APT_CONFIG = hostConf;
  try {
    return await openArchive({
      sources: parseAptSources(sources, file),
      release: 'trixie',
      settings: await readFetchSettings(),
      dir: join(dir, `run-${runs}`),
      onProgress: () => {},
      signal: new AbortController().signal,
    });
  } finally {
    delete process.env.APT_CONFIG;
  }
}

const proxy = (port: number, login = '') => `Acquire::http::Proxy "http://${login}127.0.0.1:${port}";\n`;
const suitesOf = (text: string) => [...text.matchAll(/^Suites: (.*)$/gm)].map(([, suite]) => suite);
const urisOf = (text: string) => [...new Set([...text.matchAll(/^URIs: (.*)$/gm)].map(([, uri]) => uri))];

test('lists of mirrors as Debian’s cloud images have them: the build takes the list, the guest its mirror and key', async () => {
  await using server = await serveArchives({ places: places() });
  const list = join(dir, 'debian.list');
  await writeFile(list, '# ours\nhttp://mirror.example/os\tpriority:2\nhttp://mirror.example/debian\tpriority:1\n');
  const text = `Types: deb deb-src
URIs: mirror+file://${list}
Suites: bookworm bookworm-updates bookworm-backports
Components: main

Types: deb deb-src
URIs: mirror+file://${list}
Suites: bookworm-security
Components: main
`;
  const { sources, guest } = await open(text, proxy(server.port));
  assert.deepEqual(suitesOf(sources), SUITES);
  assert.deepEqual(urisOf(sources), [`mirror+file://${list}`]);
  assert.deepEqual(urisOf(guest.sources), ['http://mirror.example/debian']);
  assert.deepEqual(suitesOf(guest.sources), SUITES);
  assert.match(guest.sources, /^Signed-By: \/etc\/apt\/keyrings\/mirror\.gpg$/m);
  assert.deepEqual(
    guest.keys.map(({ path }) => path),
    ['/etc/apt/keyrings/mirror.gpg'],
  );
});

test('a private mirror with a key of its own, as a path, in the entry, or trusted: third parties are left out', async () => {
  await using server = await serveArchives({ places: places() });
  const armoured = (await readFile(key.armoured, 'utf8')).trim().replace(/^$/gm, '.').replace(/^/gm, ' ');
  for (const signedBy of [`Signed-By: ${key.armoured}\n`, `Signed-By:\n${armoured}\n`, '']) {
    const entry = (uri: string, components: string) =>
      `Types: deb\nURIs: ${uri}\nSuites: bookworm\nComponents: ${components}\n${signedBy}\n`;
    const text = [
      entry('http://third.example/debian', 'main'),
      entry('http://third.example/debian', 'stable'),
      `Types: deb\nURIs: http://third.example/flat\nSuites: ./\n\n`,
      entry('http://gone.example/debian', 'main'),
      entry('http://mirror.example/os', 'main contrib non-free-firmware'),
    ].join('');
    const { sources, guest } = await open(text.replaceAll('\n', '\r\n'), proxy(server.port));
    assert.deepEqual(urisOf(sources), ['http://mirror.example/os'], signedBy);
    assert.deepEqual(urisOf(guest.sources), ['http://mirror.example/os']);
    assert.match(guest.sources, /^Signed-By:(\n -----BEGIN PGP| \/etc\/apt\/keyrings\/mirror\.(asc|gpg)$)/m);
  }
});

test('logins of a proxy and of a mirror are used, and are in nothing that is left or told', async () => {
  const text = 'deb http://mirror.example/debian bookworm main\n';
  {
    await using server = await serveArchives({ places: places(), login: { as: 'proxy', text: 'me:pr0xy' } });
    const { sources, guest } = await open(text, proxy(server.port, 'me:pr0xy@'), '/etc/apt/sources.list');
    assert.match(server.asked.join('\n'), /me:pr0xy/);
    assert.doesNotMatch(sources + guest.sources, /pr0xy/);
    await assert.rejects(open(text, proxy(server.port, 'me:wr0ng@'), '/etc/apt/sources.list'), (error) => {
      assert.ok(isLodgeError(error, 'DOWNLOAD_FAILED'));
      assert.match(error.message, /http:\/\/mirror\.example\/debian trixie: .*407/);
      assert.doesNotMatch(error.message, /wr0ng/);
      return true;
    });
  }
  await using server = await serveArchives({
    places: { '/debian': debian },
    login: { as: 'archive', text: 'me:m1rror' },
  });
  const logins = join(dir, 'auth.conf');
  await writeFile(logins, `machine http://127.0.0.1:${server.port} login me password m1rror\n`, { mode: 0o600 });
  const here = `deb http://127.0.0.1:${server.port}/debian bookworm main\n`;
  const byFile = await open(here, `Dir::Etc::netrc "${logins}";\n`, '/etc/apt/sources.list');
  assert.match(server.asked.join('\n'), /me:m1rror/);
  assert.match(byFile.guest.sources, /^# The host takes trixie from a place that its guests cannot reach/);
  assert.deepEqual(urisOf(byFile.guest.sources), []);
  const inPlace = await open(here.replace('127.0.0.1', 'me:m1rror@127.0.0.1'), '', '/etc/apt/sources.list');
  assert.doesNotMatch(inPlace.guest.sources, /m1rror/);
});

test('a proxy in the environment, one that a program names, and one for a single host', async () => {
  const text = 'deb http://mirror.example/debian bookworm main\n';
  await using server = await serveArchives({ places: places() });
  process.env.http_proxy = `http://127.0.0.1:${server.port}`;
  try {
    await open(text, '', '/etc/apt/sources.list');
  } finally {
    delete process.env.http_proxy;
  }
  const finder = join(dir, 'find-proxy');
  await writeFile(finder, `#!/bin/sh\necho http://127.0.0.1:${server.port}\n`, { mode: 0o755 });
  await open(text, `Acquire::http::Proxy-Auto-Detect "${finder}";\n`, '/etc/apt/sources.list');
  const single = `Acquire::http::Proxy::mirror.example "http://127.0.0.1:${server.port}";\n`;
  const { guest } = await open(text, `${proxy(1)}${single}`, '/etc/apt/sources.list');
  assert.deepEqual(urisOf(guest.sources), ['http://mirror.example/debian']);
});

test('a mirror with a certificate that only the host’s apt knows', async () => {
  const [keyFile, certificate] = [join(dir, 'tls.key'), join(dir, 'tls.crt')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const files = ['-keyout', keyFile, '-out', certificate];
  await exec('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3650', ...names, ...files]);
  const tls = { key: await readFile(keyFile, 'utf8'), cert: await readFile(certificate, 'utf8') };
  await using server = await serveArchives({ places: { '/debian': debian }, tls });
  const text = `deb https://localhost:${server.port}/debian bookworm main\n`;
  await open(text, `Acquire::https::CaInfo "${certificate}";\n`, '/etc/apt/sources.list');
  await assert.rejects(
    open(text, '', '/etc/apt/sources.list'),
    /https:\/\/localhost:\d+\/debian trixie: .*certificate/i,
  );
});

test('an archive on the host, one without a signature that the host trusts, and one past its date', async () => {
  const local = await open(`deb file:${debian} stable main\n`, '', '/etc/apt/sources.list');
  assert.match(local.sources, new RegExp(`^URIs: copy:${debian}$`, 'm'));
  assert.deepEqual(urisOf(local.guest.sources), []);

  const list = join(dir, 'local.list');
  await writeFile(list, `file:${debian}\tpriority:1\nhttp://mirror.example/debian\tpriority:2\n`);
  const listed = await open(`deb mirror+file:${list} stable main\n`, '', '/etc/apt/sources.list');
  const copied = /^URIs: mirror\+file:(.*)$/m.exec(listed.sources)?.[1] ?? '';
  assert.match(await readFile(copied, 'utf8'), new RegExp(`^copy:${debian}\t`));
  assert.deepEqual(urisOf(listed.guest.sources), ['http://mirror.example/debian']);

  await using server = await serveArchives({ places: { 'http://mirror.example/own': join(dir, 'unsigned') } });
  await writeArchive({ dir: join(dir, 'unsigned'), suite: 'trixie', packages: ['base-files'], key: null });
  const entry = (options: string) => `deb [ ${options} ] http://mirror.example/own bookworm main\n`;
  const unsigned = await open(entry('trusted=yes arch=amd64,i386'), proxy(server.port), '/etc/apt/sources.list');
  assert.match(unsigned.guest.sources, /^Trusted: yes$/m);
  assert.deepEqual(unsigned.guest.keys, []);

  const validUntil = 'Sun, 02 Aug 2020 00:00:00 UTC';
  await writeArchive({ dir: join(dir, 'unsigned'), suite: 'trixie', packages: ['base-files'], key, validUntil });
  await open(entry('check-valid-until=no arch-=i386'), proxy(server.port), '/etc/apt/sources.list');
  await open(
    entry('arch=amd64'),
    `${proxy(server.port)}Acquire::Check-Valid-Until "false";\n`,
    '/etc/apt/sources.list',
  );
  const expired = open(entry('arch=amd64'), proxy(server.port), '/etc/apt/sources.list');
  await assert.rejects(expired, /http:\/\/mirror\.example\/own.*(expired|no longer valid)/);
  const other = open(entry('arch=arm64'), proxy(server.port), '/etc/apt/sources.list');
  await assert.rejects(other, /name no Debian archive/);
});

test('an archive that cannot be reached is told with its address and the cause; one that says nothing, in bounded time', async () => {
  await using server = await serveArchives({ places: {}, isSilent: true });
  const text = 'deb http://mirror.example/debian bookworm main\n';
  const refused = open(text, proxy(1), '/etc/apt/sources.list');
  await assert.rejects(refused, /http:\/\/mirror\.example\/debian trixie: .*127\.0\.0\.1:1 .*refused/i);
  const silent = `${proxy(server.port)}Acquire::http::Timeout "1";\n`;
  await assert.rejects(
    open(text, silent, '/etc/apt/sources.list'),
    /mirror\.example\/debian trixie: (Connection failed|.*timed out)/,
  );
  const stalled = fetchIndexes({
    sources: 'Types: deb\nURIs: http://mirror.example/debian\nSuites: trixie\nComponents: main\n',
    settings: proxy(server.port),
    dir: join(dir, 'stalled'),
    architecture: 'amd64',
    onProgress: () => {},
    signal: new AbortController().signal,
    stallMs: 500,
  });
  await assert.rejects(stalled, /nothing came for 0\.5 s/);
});

test('security that cannot be fetched is an error, and never silently left out', async () => {
  await using server = await serveArchives({ places: places() });
  const text = `deb http://mirror.example/debian bookworm main\ndeb http://gone.example/debian bookworm-security main\n`;
  await assert.rejects(
    open(text, proxy(server.port), '/etc/apt/sources.list'),
    /http:\/\/gone\.example\/debian trixie-security: .*404/,
  );
});

test('the host’s sources are read as apt reads them', async () => {
  const parts = join(dir, 'parts');
  await mkdir(parts);
  const files: Record<string, string> = {
    'a.sources': `# a comment before\r\nTypes: deb deb-src\r\nURIs: http://one.example/debian\r\n http://two.example/debian\r\n# inside\r\nSuites: bookworm bookworm-updates\r\nComponents: main contrib\r\nEnabled: yes\r\n\r\n\r\nTypes: deb\r\nURIs: http://off.example/\r\nSuites: bookworm\r\nComponents: main\r\nEnabled: no\r\n`,
    'b.list': `# deb http://off.example/debian bookworm main\r\ndeb [arch=amd64 trusted=yes] http://three.example/x bookworm main # ours\r\n\tdeb\thttp://four.example/debian\tbookworm\tmain\tcontrib\r\ndeb http://flat.example/ ./\n`,
    'c.list.save': 'deb http://no.example/debian bookworm main\n',
    'd.sources':
      'types: deb\nuris: mirror+file:///etc/apt/mirrors/debian.list\nsuites: trixie\ncomponents: main\n\nTypes: deb-src\nURIs: http://src.example/debian\nSuites: trixie\nComponents: main',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(parts, name), text);
  const options = ['Dir::Etc::SourceList=/dev/null', `Dir::Etc::SourceParts=${parts}`, 'APT::Architecture=amd64'];
  const format = ['--no-release-info', '--format', '$(SITE) $(RELEASE) $(COMPONENT)', 'Created-By: Packages'];
  const { stdout } = await exec('apt-get', ['indextargets', ...options.flatMap((text) => ['-o', text]), ...format]);
  const ours = Object.entries(files)
    .filter(([name]) => !name.endsWith('.save'))
    .flatMap(([name, text]) => parseAptSources(text, name))
    .filter(({ types }) => types.includes('deb'))
    .flatMap(({ uris, suites, components }) =>
      uris.flatMap((uri) => suites.flatMap((suite) => components.map((component) => `${uri} ${suite} ${component}`))),
    );
  const theirs = stdout.split('\n').filter((line) => line !== '' && !line.includes('./'));
  assert.deepEqual(
    [...new Set(ours)].sort(),
    [...new Set(theirs.map((line) => line.replace('mirror+file:/', 'mirror+file:///')))].sort(),
  );
});
