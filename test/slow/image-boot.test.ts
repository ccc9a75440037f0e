import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootQemu } from '../support/boot-qemu.ts';
import { cachedImage } from '../support/cached-image.ts';
import { sampleIdentity } from '../support/identity-sample.ts';
import { assertOwnIpv6, IPV6_LOOK, makeImageWorld, NETWORK_DONE } from '../support/image-world.ts';

test('Debian 13 boots with the same identity and leaves no unit out', async () => {
  const image = await cachedImage('debian-13');
  await using world = await makeImageWorld();
  const { dir, lodge, hostKeys } = world;
  const identity = sampleIdentity({ sshKeys: [lodge.publicKey], ...hostKeys });
  await using guest = await bootQemu({ dir, image, firmware: 'bios', identity });
  await guest.waitForSsh();
  await guest.until(lodge.privateKeyPath, 'systemctl is-system-running', /^running/);
  const { stdout } = await guest.ssh(lodge.privateKeyPath, 'hostname; cat /etc/machine-id; journalctl -b -o cat');
  assert.match(stdout, /^web1\n1b671a6440d5491e99b0da01ff1f3341\n/);
  assert.doesNotMatch(stdout, /ordering cycle/);
  await guest.until(lodge.privateKeyPath, 'networkctl status eth0', NETWORK_DONE);
  assertOwnIpv6((await guest.ssh(lodge.privateKeyPath, IPV6_LOOK)).stdout);
  await guest.until(lodge.privateKeyPath, 'df -B1G --output=size /', /\b10$/m);
});
