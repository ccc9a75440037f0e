import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Namespaces } from '../support/netns.ts';

const spaces = new Namespaces('ng');
const golden = join(import.meta.dirname, '../golden/nat');

before(() => spaces.add('host'));
after(() => spaces.close());

for (const name of globSync('*.nft', { cwd: golden })) {
  test(`nft loads ${name}, twice, and takes it away again`, async () => {
    const removal = name.startsWith('without-ipv6') ? 'without-ipv6-removal.nft' : 'removal.nft';
    const text = readFileSync(join(golden, name), 'utf8');
    await spaces.nft('host', text);
    await spaces.nft('host', text);
    await spaces.nft('host', readFileSync(join(golden, removal), 'utf8'));
    assert.equal((await spaces.run('host', 'nft', ['list', 'ruleset'])).stdout, '');
  });
}

test('nft refuses a golden with a fault in it', async () => {
  const text = readFileSync(join(golden, 'one-guest.nft'), 'utf8').replace('nd-redirect', 'nd-nothing');
  await assert.rejects(spaces.nft('host', text), { code: 'COMMAND_FAILED' });
});

test('they load on a minimal Debian, which has no /etc/protocols and no /etc/services (package netbase)', async () => {
  const hide =
    'for file in /etc/protocols /etc/services; do [ ! -e $file ] || mount --bind /dev/null $file; done; exec nft --check --file "$1"';
  for (const name of globSync('*.nft', { cwd: golden })) {
    await spaces.run('host', 'unshare', ['--mount', 'sh', '-c', hide, 'sh', join(golden, name)]);
  }
});
