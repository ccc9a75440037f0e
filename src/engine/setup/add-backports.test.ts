import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAptSources } from '../../host/apt-sources.ts';
import { renderBackports } from './add-backports.ts';

test('backports come from the mirror and with the key of the host, whichever format its sources have', () => {
  const line = 'deb [signed-by=/etc/apt/keyrings/d.gpg] http://mirror.example/debian bookworm main contrib\n';
  const rendered = renderBackports(parseAptSources(line, 'sources.list'), 'bookworm-backports') ?? '';
  const [source, ...others] = parseAptSources(rendered, 'lodge-backports.sources');
  assert.deepEqual(others, []);
  assert.deepEqual(source?.uris, ['http://mirror.example/debian']);
  assert.deepEqual(source?.suites, ['bookworm-backports']);
  assert.equal(source?.signedBy, '/etc/apt/keyrings/d.gpg');
});

test('a key written in place survives', () => {
  const key = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n -----END PGP PUBLIC KEY BLOCK-----';
  const stanza = `Types: deb\nURIs: http://m.example/\nSuites: bookworm\nComponents: main\nSigned-By:\n ${key}\n`;
  const sources = parseAptSources(stanza, 'debian.sources');
  const rendered = renderBackports(sources, 'bookworm-backports') ?? '';
  assert.equal(parseAptSources(rendered, 'x.sources')[0]?.signedBy, sources[0]?.signedBy);
});

test('another release or a third party is no mirror of ours', () => {
  const lines = 'deb http://m.example/ bookworm-updates main\ndeb http://third.example/ stable main\n';
  assert.equal(renderBackports(parseAptSources(lines, 'sources.list'), 'bookworm-backports'), null);
});
