import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { guestUri } from './guest-apt.ts';

test('an address of the host as a guest can use it', async () => {
  const table: Record<string, string | null> = {
    'http://mirror.example/debian': 'http://mirror.example/debian',
    'https://user:secret@mirror.example:8443/debian/': 'https://mirror.example:8443/debian/',
    'tor+http://mirror.example/debian': 'http://mirror.example/debian',
    'mirror+https://mirror.example/list': 'mirror+https://mirror.example/list',
    'mirror://mirror.example/list': 'mirror://mirror.example/list',
    'http://127.0.0.1:3142/deb.example.org/debian': 'http://deb.example.org/debian',
    'http://localhost:3142/HTTPS///deb.example.org/debian': 'https://deb.example.org/debian',
    'http://localhost/debian': null,
    'http://[::1]:9999/debian': null,
    'file:/srv/debian': null,
    'copy:///srv/debian': null,
    'mirror+file:/nowhere/debian.list': null,
  };
  for (const [uri, wanted] of Object.entries(table)) assert.equal(await guestUri(uri, 'bookworm'), wanted, uri);
});

test('of a list of mirrors the first that a guest can reach, by priority and for its architecture and suite', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lodge-mirrors-'));
  try {
    const list = join(dir, 'debian.list');
    const mirrors = `# the provider's
file:/srv/debian\tpriority:1
http://last.example/debian
http://arm.example/debian\tpriority:1 arch:arm64
http://other.example/debian priority:1 suite:trixie
http://second.example/debian\tpriority:2\tarch:amd64 arch:i386\r
http://third.example/debian\tpriority:3\t# not a comment to apt
`;
    await writeFile(list, mirrors);
    assert.equal(await guestUri(`mirror+file://${list}`, 'bookworm'), 'http://second.example/debian');
    assert.equal(await guestUri(`mirror+copy:${list}/`, 'trixie'), 'http://other.example/debian');
  } finally {
    await rm(dir, { recursive: true });
  }
});
