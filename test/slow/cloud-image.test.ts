import assert from 'node:assert/strict';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hashFile } from '../../src/install/place-image.ts';
import { makeSshKeyPair } from '../../src/install/ssh-keys.ts';
import { cloudImage } from '../support/cloud-image.ts';
import { GuestShell } from '../support/guest-shell.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';

/** cloud-init doubles the time of a boot. */
const BOOT_LIMIT_MS = 600_000;

let lodge: LodgeInstance;
let source = '';
before(async () => {
  source = await cloudImage();
  lodge = await LodgeInstance.open('lgci');
});
after(() => lodge.close());

test('an image with another checksum than the publisher’s is refused, and nothing of it stays', async () => {
  const checksum = `sha256:${'0'.repeat(64)}`;
  const { exitCode, stdout } = await lodge.run([
    ...['image', 'import', source, '--name', 'cloud'],
    ...['--checksum', checksum, '--json'],
  ]);
  assert.equal(exitCode, 4);
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
  assert.equal(error.code, 'CHECKSUM_MISMATCH');
  assert.ok(error.message.includes(checksum), error.message);
  assert.deepEqual((await lodge.json<{ images: unknown[] }>(['image', 'ls'])).images, []);
  assert.deepEqual(await lodge.leftovers(), []);
});

test('a cloud image of Debian is imported, and its guest has the keys, the name and the static network of the host', async () => {
  const file = await open(source);
  const checksum = `sha256:${await hashFile(file, 'sha256').finally(() => file.close())}`;
  const imported = await lodge.run(['image', 'import', source, '--name', 'cloud', '--checksum', checksum]);
  assert.equal(imported.exitCode, 0, imported.stderr);
  const owner = await makeSshKeyPair(lodge.root, 'owner', 'owner');
  const key = `${owner.privateKeyPath}.pub`;
  const made = await lodge.run(
    ['create', 'sky1', '--image', 'cloud', '--ssh-key', key],
    {},
    { timeoutMs: BOOT_LIMIT_MS },
  );
  assert.equal(made.exitCode, 0, made.stderr);

  const sky1 = new GuestShell(lodge, 'sky1', BOOT_LIMIT_MS);
  await sky1.until('cloud-init status', /status: done/);
  await hasIdentity(sky1, 'sky1');
  const asOwner = await loginAs(owner.privateKeyPath, 'debian', 'sky1', 'id -un');
  assert.equal(asOwner, 'debian\n');
  assert.equal(await sky1.run('grep WARNING /var/log/cloud-init.log || true'), '');
  assert.match(await sky1.run('passwd -S root'), /^root L /);
  assert.match(await sky1.run('sshd -T'), /^passwordauthentication no$/m);
  assert.equal((await lodge.run(['rm', 'sky1', '--yes'])).exitCode, 0);
});

test('the owner’s user-data is done, and the host’s part beside it', async () => {
  const userData = join(lodge.root, 'user-data');
  const wanted = [{ path: '/etc/motd', content: 'written by the owner\n' }];
  await writeFile(
    userData,
    `#cloud-config\n${JSON.stringify({ write_files: wanted, runcmd: ['id -un > /root/ran'] })}\n`,
  );
  const create = ['create', 'sky2', '--image', 'cloud', '--user-data', userData];
  const made = await lodge.run(create, {}, { timeoutMs: BOOT_LIMIT_MS });
  assert.equal(made.exitCode, 0, made.stderr);
  const sky2 = new GuestShell(lodge, 'sky2', BOOT_LIMIT_MS);
  await sky2.until('cloud-init status', /status: done/);
  assert.equal(await sky2.run('cat /etc/motd /root/ran'), 'written by the owner\nroot');
  await hasIdentity(sky2, 'sky2');
});

test('an image with guests stays, and goes after them', async () => {
  const refused = await lodge.run(['image', 'rm', 'cloud', '--yes', '--json']);
  assert.equal(JSON.parse(refused.stdout).error.code, 'IMAGE_IN_USE');
  assert.equal((await lodge.run(['rm', 'sky2', '--yes'])).exitCode, 0);
  assert.equal((await lodge.run(['image', 'rm', 'cloud', '--yes'])).exitCode, 0);
  assert.deepEqual(await lodge.leftovers(), []);
});

/** `lodge ssh` has got in, so the host key is the one that the host made; the rest is asked. */
async function hasIdentity(guest: GuestShell, name: string): Promise<void> {
  const { nic } = (await lodge.show(name)).spec;
  assert.equal(await guest.run('hostname'), name);
  const link = await guest.run('ip -brief address show eth0');
  assert.ok(link.includes(`${nic.ipv4}/`) && link.includes(`${nic.ipv6}/`), link);
  assert.doesNotMatch(await guest.run('ip address show eth0'), /dynamic/, 'an address came by DHCP or RA');
  for (const address of [nic.ipv4, nic.ipv6]) {
    const banner = `exec 3<>/dev/tcp/${address}/22; read -r line <&3; echo "$line"`;
    assert.match((await lodge.namespaces.run('host', 'bash', ['-c', banner])).stdout, /^SSH-2\.0-/);
  }
}

/** Logs in as another user with the host key that Lodge wrote down. */
async function loginAs(key: string, user: string, name: string, command: string): Promise<string> {
  const { ssh } = await lodge.show(name);
  const known = ['-o', `UserKnownHostsFile=${ssh.knownHostsFile}`, '-o', 'StrictHostKeyChecking=yes'];
  const login = ['-i', key, '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes', ...known, `${user}@${ssh.address}`];
  return (await lodge.namespaces.run('host', 'ssh', [...login, command])).stdout;
}
