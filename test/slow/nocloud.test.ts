import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { importImage } from '../../src/install/import-image.ts';
import { writeSeedDisk } from '../../src/install/seed-disk.ts';
import { makeHostKey, makeSshKeyPair } from '../../src/install/ssh-keys.ts';
import { renderNoCloudSeed } from '../../src/render/nocloud.ts';
import { bootQemu } from '../support/boot-qemu.ts';
import { cloudImage } from '../support/cloud-image.ts';
import { sampleIdentity } from '../support/identity-sample.ts';

test('a foreign cloud image is imported and has name, network, keys and host key from its seed', async () => {
  const source = await cloudImage();
  const dir = await mkdtemp(join(tmpdir(), 'lodge-cloud-'));
  try {
    await mkdir(join(dir, 'images'));
    const imported = await importImage({
      name: 'cloud',
      source,
      checksum: null,
      identity: null,
      mark: null,
      imagesDir: join(dir, 'images'),
      workDir: join(dir, 'work'),
      onProgress: () => {},
      signal: new AbortController().signal,
    });
    assert.deepEqual(imported.firmwares, ['bios', 'uefi']);
    const key = await makeSshKeyPair(dir, 'lodge', 'lodge');
    const host = await makeHostKey(dir);
    const hostKeys = { hostKeyPrivate: host.privateKey, hostKeyPublic: host.publicKey };
    const identity = sampleIdentity({ sshKeys: [key.publicKey], ...hostKeys });
    const seed = join(dir, 'seed.iso');
    await writeSeedDisk(seed, renderNoCloudSeed(identity, null));

    await using guest = await bootQemu({ dir, image: imported.path, firmware: 'bios', identity, seed });
    await guest.waitForSsh();
    const status = await guest.until(key.privateKeyPath, 'cloud-init status --long', /status: (done|error)/);
    assert.match(status, /status: done/);
    const run = async (command: string) => (await guest.ssh(key.privateKeyPath, command)).stdout.trim();
    assert.equal(await run('hostname'), 'web1');
    assert.doesNotMatch(await run('cat /var/log/cloud-init.log'), /WARNING/);
    assert.match(await run('ip -brief address show eth0'), /10\.0\.2\.15\/32.*fec0::15\/128/);
    assert.match(await run('ip route show default'), /^default via 10\.0\.2\.2 dev eth0 .*onlink/);
    assert.match(await run('ip -6 route show default'), /^default via fe80::2 dev eth0/);
    assert.equal(await run('ls /etc/ssh/ssh_host_*_key'), '/etc/ssh/ssh_host_ed25519_key');
    assert.match(await run('sshd -T'), /^passwordauthentication no$/m);
    assert.match(await run('passwd -S root'), /^root L /);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
